namespace Containers;

/// <summary>A file or folder of this machine shown inside a container.</summary>
public sealed record ContainerMount : IContainerMount
{
    /// <summary>An absolute path on this machine.</summary>
    public required string Source { get; init; }

    /// <summary>An absolute path inside.</summary>
    public required string Target { get; init; }

    /// <summary>Whether it, and every mount below it, is read-only inside.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whether mounts below the source stay behind: empty folders are seen in their place.</summary>
    public bool NonRecursive { get; init; }

    /// <summary>Whether mounts that appear later below the source or the target appear at the other too.</summary>
    public ContainerMountPropagation Propagation { get; init; }

    /// <summary>Whether no program in it may be executed.</summary>
    public bool NoExec { get; init; }

    /// <summary>Whether setuid bits and file capabilities in it are ignored.</summary>
    public bool NoSuid { get; init; }

    /// <summary>Whether device nodes in it cannot be opened.</summary>
    public bool NoDev { get; init; }

    /// <summary>The form that <c>-Volume</c> takes: <c>/host:/inside:ro</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        var options = new List<string>();
        Add(ReadOnly, "ro");
        Add(NonRecursive, "bind");
        Add(Propagation != ContainerMountPropagation.RPrivate, Propagation.ToString().ToLowerInvariant());
        Add(NoExec, "noexec");
        Add(NoSuid, "nosuid");
        Add(NoDev, "nodev");
        return options.Count == 0 ? $"{Source}:{Target}" : $"{Source}:{Target}:{string.Join(',', options)}";

        void Add(bool isSet, string option)
        {
            if (isSet)
            {
                options.Add(option);
            }
        }
    }
}
