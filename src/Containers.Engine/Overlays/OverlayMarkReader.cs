using System.Text;
using Containers.Engine.Layers;
using Containers.Interop;

namespace Containers.Engine.Overlays;

/// <summary>Reads what overlayfs has noted on files of layers.</summary>
/// <param name="isUser">Whether the notes are <c>user.overlay.</c> attributes (option userxattr).</param>
internal sealed class OverlayMarkReader(bool isUser)
{
    private readonly string prefix = isUser ? "user.overlay." : "trusted.overlay.";

    /// <summary>Whether a file says that there is none.</summary>
    /// <param name="file">The file.</param>
    /// <param name="status">What stat(2) told.</param>
    /// <returns>True for a character device 0:0, and for an empty file with the note <c>whiteout</c> (Linux 6.7).</returns>
    public bool IsWhiteout(FileDescriptor file, in FileStatus status) =>
        Whiteouts.IsWhiteout(status) || (status is { Kind: FileKind.Regular, Size: 0 } && Value(file, "whiteout") is not null);

    /// <summary>Whether a folder hides what lower layers have in it.</summary>
    /// <param name="folder">The folder.</param>
    public bool IsOpaque(FileDescriptor folder) => Value(folder, "opaque").AsSpan().SequenceEqual("y"u8);

    /// <summary>Whether a file's content lies in a lower layer.</summary>
    /// <param name="file">The file.</param>
    public bool IsMetadataOnly(FileDescriptor file) => Value(file, "metacopy") is not null;

    /// <summary>Under what name lower layers have a file.</summary>
    /// <param name="file">The file.</param>
    /// <returns>A name of the same folder, or a path from the layers' roots; null for the same name.</returns>
    public string? Redirect(FileDescriptor file) => Value(file, "redirect") is { Length: > 0 } value ? Encoding.UTF8.GetString(value) : null;

    private byte[]? Value(FileDescriptor file, string note)
    {
        Errno errno = FileInspection.TryGetAttribute(file, Encoding.UTF8.GetBytes(prefix + note), out byte[] value);
        return errno == Errno.None ? value : null;
    }
}
