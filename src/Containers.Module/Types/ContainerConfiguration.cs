namespace Containers;

/// <summary>The configuration in force. Its properties can be changed and the object piped into Set-ContainerConfiguration.</summary>
public sealed class ContainerConfiguration
{
    /// <summary>The configuration file; it need not be there.</summary>
    public required string File { get; init; }

    /// <summary>The folder of what outlives a reboot.</summary>
    public required string StateRoot { get; set; }

    /// <summary>The folder of what does not.</summary>
    public required string RuntimeRoot { get; set; }

    /// <summary>The cgroup above all containers, relative to each hierarchy's root.</summary>
    public required string CgroupParent { get; set; }

    /// <summary>Bytes after which a log file is rotated.</summary>
    public long LogMaxSize { get; set; }

    /// <summary>Log files kept, the current one included.</summary>
    public int LogMaxFiles { get; set; }

    /// <summary>Memory in bytes of containers that do not say; null for no limit.</summary>
    public long? Memory { get; set; }

    /// <summary>Processors of containers that do not say; null for no limit.</summary>
    public decimal? Cpus { get; set; }

    /// <summary>Processes and threads of containers that do not say; null for no limit.</summary>
    public long? PidsLimit { get; set; }

    /// <summary>The time between the stop signal and SIGKILL.</summary>
    public TimeSpan StopTimeout { get; set; }

    /// <summary>Whether containers run with no_new_privs where they do not say.</summary>
    public bool NoNewPrivileges { get; set; }

    /// <summary>The file of the seccomp profile used instead of the built-in one; null for that one.</summary>
    public string? SeccompProfile { get; set; }

    /// <summary>When a container's image is received where the container does not say.</summary>
    public ContainerPullPolicy ImagePull { get; set; }

    /// <summary>Layers that are received or sent at the same time.</summary>
    public int ImageParallel { get; set; }

    /// <summary>Registries that need more than their name.</summary>
    public ContainerRegistryConfiguration[] Registry { get; set; } = [];

    /// <summary>Where each property's value comes from.</summary>
    public IReadOnlyDictionary<string, ContainerConfigurationSource> Source { get; init; } = new Dictionary<string, ContainerConfigurationSource>();

    /// <summary>The configuration file.</summary>
    /// <returns>The configuration file.</returns>
    public override string ToString() => File;
}
