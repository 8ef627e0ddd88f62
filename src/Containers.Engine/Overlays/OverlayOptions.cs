namespace Containers.Engine.Overlays;

/// <summary>What is asked of an overlay.</summary>
public sealed record OverlayOptions
{
    /// <summary>The folders that are only read, topmost first: at least one, at most <see cref="MostLower"/>. Absolute paths.</summary>
    public required IReadOnlyList<string> Lower { get; init; }

    /// <summary>The folder that what is written goes to; null for an overlay that is only read.</summary>
    public string? Upper { get; init; }

    /// <summary>The kernel's own folder beside it: another one of the same mount, which must be empty and is nothing to look into.</summary>
    public string? Work { get; init; }

    /// <summary>Whether nothing may be written although there is an <see cref="Upper"/>.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>
    /// The file system's options (<c>userxattr</c>, <c>volatile</c>, <c>metacopy=on</c>; kernel documentation, filesystems/overlayfs) and flags of the mount (<c>nosuid</c>,
    /// <c>nodev</c>, <c>noexec</c>, <c>noatime</c>, <c>nodiratime</c>, <c>nosymfollow</c>).
    /// </summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>The most lower folders that the kernel takes.</summary>
    public const int MostLower = 500;
}
