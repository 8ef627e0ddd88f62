namespace Containers.Engine.Layers;

/// <summary>What became of a file.</summary>
public enum FileDifferenceKind
{
    /// <summary>It is only in the second tree.</summary>
    Added,

    /// <summary>It is in both, and not the same.</summary>
    Changed,

    /// <summary>It is only in the first tree.</summary>
    Removed,
}

/// <summary>What of a file is not the same.</summary>
[Flags]
public enum FileAspects
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>What kind of file it is.</summary>
    Type = 1,

    /// <summary>A regular file's content.</summary>
    Content = 2,

    /// <summary>The permission bits.</summary>
    Mode = 4,

    /// <summary>Owner or group.</summary>
    Owner = 8,

    /// <summary>When it was last changed.</summary>
    Time = 16,

    /// <summary>What a symbolic link says.</summary>
    Target = 32,

    /// <summary>The extended attributes.</summary>
    Attributes = 64,

    /// <summary>A device's number.</summary>
    Device = 128,
}

/// <summary>One file that is not the same in two trees.</summary>
/// <param name="Path">Its path from the root, with a leading slash; what is not printable is escaped as <c>\xNN</c>.</param>
/// <param name="RawPath">The bytes of its path, without a leading slash.</param>
/// <param name="Kind">What became of it.</param>
/// <param name="Aspects">Of a changed one, what is not the same.</param>
/// <param name="Before">What kind of file it was; null where it was not.</param>
/// <param name="After">What kind of file it is; null where it is not.</param>
/// <param name="SizeBefore">Bytes of content before; 0 for what is no regular file.</param>
/// <param name="SizeAfter">Bytes of content after.</param>
public sealed record FileDifference(
    string Path,
    byte[] RawPath,
    FileDifferenceKind Kind,
    FileAspects Aspects,
    Interop.FileKind? Before,
    Interop.FileKind? After,
    long SizeBefore,
    long SizeAfter);
