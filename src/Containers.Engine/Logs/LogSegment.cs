using Containers.Interop;

namespace Containers.Engine.Logs;

/// <summary>One open file of a log. As long as it is open its inode number cannot be another file's.</summary>
internal sealed class LogSegment(FileDescriptor file, FileStatus status) : IDisposable
{
    internal FileDescriptor File { get; } = file;

    /// <summary>What it was when it was opened.</summary>
    internal FileStatus Status { get; } = status;

    /// <summary>Whether it has no name any more.</summary>
    internal bool IsRemoved =>
        Files.TryStat(File.Number, string.Empty, follow: false, out FileStatus now) == Errno.None && now.Links == 0;

    public void Dispose() => File.Dispose();

    internal bool Is(FileStatus other) => other.Inode == Status.Inode && other.Device == Status.Device;
}
