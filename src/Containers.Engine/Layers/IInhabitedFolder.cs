using Containers.Interop;

namespace Containers.Engine.Layers;

/// <summary>A folder that an archive is unpacked into although others have files in it and change them meanwhile.</summary>
internal interface IInhabitedFolder
{
    /// <summary>Opens a folder below it.</summary>
    /// <param name="path">Its path below this one; not empty.</param>
    /// <param name="errno">ENOENT where it is missing, ENOTDIR where it is no folder, ELOOP where a link is in the way.</param>
    /// <returns>The folder, opened with O_PATH; the caller's.</returns>
    /// <exception cref="EngineException">Nothing may be written there.</exception>
    FileDescriptor? TryOpen(ReadOnlySpan<byte> path, out Errno errno);

    /// <summary>Whether what has a path is no file of this folder, but something that is mounted there: it stays as it is.</summary>
    /// <param name="path">The path below this one.</param>
    /// <returns>True where it must not be touched.</returns>
    bool IsMounted(ReadOnlySpan<byte> path);
}
