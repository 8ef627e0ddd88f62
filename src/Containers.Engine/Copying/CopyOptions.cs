namespace Containers.Engine.Copying;

/// <summary>How files are copied into and out of containers.</summary>
public sealed record CopyOptions
{
    /// <summary>Whether a source that is a symbolic link stands for what it leads to. Links below the source are always copied as links.</summary>
    public bool FollowLink { get; init; }

    /// <summary>
    /// Whether what is copied out of a container keeps owner and group by number, and with them set-user-id bits, file capabilities and the rights on device nodes. Without it all belongs to who
    /// copies, and those are left behind. What is copied in always keeps its owner.
    /// </summary>
    public bool Archive { get; init; }
}
