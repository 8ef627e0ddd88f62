using Containers.Interop;

namespace Containers.Engine.Copying;

/// <summary>A resolved path of a container: the file, or the place in a folder where it would be.</summary>
/// <param name="path">The path from the root without links, <c>..</c> and a leading slash.</param>
/// <param name="folder">The folder that it is in; null for the root itself. This object's from here on.</param>
/// <param name="name">Its name there.</param>
/// <param name="file">The file, opened with O_PATH; null where it is missing. This object's from here on.</param>
internal sealed class InnerPlace(byte[] path, FileDescriptor? folder, byte[] name, FileDescriptor? file) : IDisposable
{
    /// <summary>The path from the root without links, <c>..</c> and a leading slash; empty for the root.</summary>
    public byte[] Path { get; } = path;

    /// <summary>The folder that it is in; null for the root itself.</summary>
    public FileDescriptor? Folder { get; } = folder;

    /// <summary>Its name there; empty for the root.</summary>
    public byte[] Name { get; } = name;

    /// <summary>The file, opened with O_PATH; null where it is missing.</summary>
    public FileDescriptor? File { get; } = file;

    /// <summary>What stat(2) tells of it; meaningless where it is missing.</summary>
    public FileStatus Status { get; } = file is null ? default : FileInspection.StatusOf(file);

    /// <summary>Whether it is a folder.</summary>
    public bool IsFolder => File is not null && Status.Kind == FileKind.Folder;

    /// <summary>The path of the folder that it is in.</summary>
    public ReadOnlySpan<byte> FolderPath => Path.AsSpan(0, Math.Max(0, Path.Length - Name.Length - 1));

    /// <inheritdoc/>
    public void Dispose()
    {
        Folder?.Dispose();
        File?.Dispose();
    }
}
