namespace Containers;

/// <summary>An in-memory folder inside a container.</summary>
public sealed record ContainerTmpfs : IContainerMount
{
    /// <summary>An absolute path inside.</summary>
    public required string Target { get; init; }

    /// <summary>Bytes at most; null for the kernel's default, half the memory.</summary>
    public ByteSize? Size { get; init; }

    /// <summary>Permission bits of its root; 01777 unless told.</summary>
    public int Mode { get; init; } = DefaultMode;

    /// <summary>Whether programs may be executed from it.</summary>
    public bool Executable { get; init; }

    /// <summary>The number of the user that its root belongs to.</summary>
    public int UserId { get; init; }

    /// <summary>The number of the group that its root belongs to.</summary>
    public int GroupId { get; init; }

    /// <summary>Whether nothing can be written to it.</summary>
    public bool ReadOnly { get; init; }

    internal const int DefaultMode = 0x3FF;

    /// <summary>The form that <c>-Tmpfs</c> takes: <c>/run:size=64m,mode=755,exec</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        var options = new List<string>();
        if (Size is { } size)
        {
            options.Add($"size={size.Bytes}");
        }

        if (Mode != DefaultMode)
        {
            options.Add($"mode={Convert.ToString(Mode, 8)}");
        }

        if (Executable)
        {
            options.Add("exec");
        }

        if (UserId != 0)
        {
            options.Add($"uid={UserId}");
        }

        if (GroupId != 0)
        {
            options.Add($"gid={GroupId}");
        }

        if (ReadOnly)
        {
            options.Add("ro");
        }

        return options.Count == 0 ? Target : $"{Target}:{string.Join(',', options)}";
    }
}
