namespace Containers.Engine.Runtime;

/// <summary>A file or folder of this machine shown inside a container.</summary>
/// <param name="Source">An absolute path on this machine; it must exist.</param>
/// <param name="Target">An absolute path inside; made if missing.</param>
/// <param name="ReadOnly">Whether it, and every mount below it, is read-only.</param>
public sealed record BindMount(string Source, string Target, bool ReadOnly)
{
    /// <summary>Whether mounts below the source stay behind: empty folders are seen in their place.</summary>
    public bool NonRecursive { get; init; }

    /// <summary>Whether mounts that appear later below the source or the target appear at the other too.</summary>
    public MountPropagation Propagation { get; init; } = MountPropagation.RPrivate;

    /// <summary>Whether no program in it may be executed.</summary>
    public bool NoExec { get; init; }

    /// <summary>Whether setuid bits and file capabilities in it are ignored.</summary>
    public bool NoSuid { get; init; }

    /// <summary>Whether device nodes in it cannot be opened.</summary>
    public bool NoDev { get; init; }
}
