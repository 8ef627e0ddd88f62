namespace Containers.Engine.Maintenance;

/// <summary>The kinds of things that can be out of order.</summary>
public enum FindingKind
{
    /// <summary>A container that a dead session left half made, half removed, or that should have gone at its end; or one whose document is damaged.</summary>
    Container,

    /// <summary>Cgroups of a container that does not run, or is not there any more.</summary>
    Cgroup,

    /// <summary>A name that leads nowhere, that a container has besides its own, or that it lacks.</summary>
    Name,

    /// <summary>What an image was mounted on that is not mounted any more.</summary>
    Mount,

    /// <summary>Pinned namespaces that a dead session left half made, or whose pid namespace lost its first process.</summary>
    Namespace,

    /// <summary>What interrupted work on images left, and what nothing refers to any more.</summary>
    Leftover,
}

/// <summary>What is wrong with the thing.</summary>
public enum FindingProblem
{
    /// <summary>A container without a document: the session that made or removed it died.</summary>
    Incomplete,

    /// <summary>A container that was to be removed at its end, has ended, and is there.</summary>
    NotRemoved,

    /// <summary>A container whose writable layer and log are gone.</summary>
    WithoutFiles,

    /// <summary>A container whose document cannot be read.</summary>
    Damaged,

    /// <summary>Cgroups of a container that is there and does not run.</summary>
    NotRunning,

    /// <summary>Cgroups, or a name, of a container that is not there.</summary>
    WithoutContainer,

    /// <summary>A name that a container has besides its own, as where a session died while it named it anew.</summary>
    Superfluous,

    /// <summary>A container that its name does not lead to.</summary>
    Missing,

    /// <summary>A container whose name leads to another one.</summary>
    TakenByAnother,

    /// <summary>Left by a dead session.</summary>
    Abandoned,
}

/// <summary>Something that is out of order.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Problem">What is wrong with it.</param>
/// <param name="Id">The container's id; empty where it concerns none.</param>
/// <param name="Name">What it is called: a container's name or its id's first digits, a name, a mount, pinned namespaces.</param>
public sealed record StorageFinding(FindingKind Kind, FindingProblem Problem, string Id, string Name)
{
    /// <summary>The processes in cgroups.</summary>
    public int Processes { get; init; }

    /// <summary>Bytes of leftovers.</summary>
    public long Size { get; init; }

    /// <summary>Whether it is mended only where the caller insists, since data goes with it.</summary>
    public bool NeedsForce => Problem == FindingProblem.Damaged;

    /// <summary>Whether there is a way to mend it that is not the user's to choose.</summary>
    public bool CanBeMended => Problem != FindingProblem.TakenByAnother;
}
