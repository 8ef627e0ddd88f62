namespace Containers;

/// <summary>A container as it was at one moment: what was asked for, and what the kernel says of it.</summary>
public sealed class Container
{
    /// <summary>64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The unique name.</summary>
    public required string Name { get; init; }

    /// <summary>The image's name; null where a folder is the root file system.</summary>
    public string? Image { get; init; }

    /// <summary>The folder of this machine that is the root file system; null where an image is.</summary>
    public string? RootFileSystem { get; init; }

    /// <summary>The program and its arguments as they are executed.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>The state.</summary>
    public ContainerState State { get; init; }

    /// <summary>What is particular about the state.</summary>
    public ContainerStateReason Reason { get; init; }

    /// <summary>The exit code, 128 + signal where a signal ended it; null while it runs, or where it is not known.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended it, else null.</summary>
    public Signal? Signal { get; init; }

    /// <summary>Whether the kernel killed a process in it for its memory limit.</summary>
    public bool OomKilled { get; init; }

    /// <summary>When it was made; of one that was never made whole, a time not before that, or null where it is not known.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When its first process was last started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When its first process last ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The first process's pid on this machine while it runs.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The monitor's pid while it runs.</summary>
    public int? MonitorProcessId { get; init; }

    /// <summary>Whether it has every capability and device, no seccomp filter and no masked paths.</summary>
    public bool Privileged { get; init; }

    /// <summary>The user ids of its user namespace; empty where it has this machine's users.</summary>
    public IReadOnlyList<NamespaceIdMap> UserNamespace { get; init; } = [];

    /// <summary>What it sees of the network: <c>None</c>, <c>Host</c>, <c>container:NAME</c> or <c>ns:PATH</c>.</summary>
    public string Network { get; init; } = "None";

    /// <summary>Whose processes it sees: host, container:NAME, or null for its own alone.</summary>
    public string? PidNamespace { get; init; }

    /// <summary>With whom it shares IPC and /dev/shm: host, container:NAME, or null for nobody.</summary>
    public string? IpcNamespace { get; init; }

    /// <summary>Whose host name it has: host, container:NAME, or null for its own.</summary>
    public string? UtsNamespace { get; init; }

    /// <summary>Groups over the user's own.</summary>
    public IReadOnlyList<string> GroupAdd { get; init; } = [];

    /// <summary>The name uname(2) gives inside; null for the first 12 digits of the id.</summary>
    public string? HostName { get; init; }

    /// <summary>User, and group after a colon: what was asked for, else the image's, else root. Null of one that was never made whole.</summary>
    public string? User { get; init; }

    /// <summary>The folder that the first process starts in: what was asked for, else the image's, else /.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Variables set over the image's.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>Key-value pairs for the user's own use.</summary>
    public IReadOnlyDictionary<string, string> Label { get; init; } = new Dictionary<string, string>();

    /// <summary>Files and folders of this machine shown inside.</summary>
    public IReadOnlyList<ContainerMount> Volume { get; init; } = [];

    /// <summary>In-memory folders inside.</summary>
    public IReadOnlyList<ContainerTmpfs> Tmpfs { get; init; } = [];

    /// <summary>Bytes of /dev/shm at most; null for 64 MiB.</summary>
    public long? ShmSize { get; init; }

    /// <summary>Devices of this machine that it has besides the default ones.</summary>
    public IReadOnlyList<ContainerDevice> Device { get; init; } = [];

    /// <summary>Devices that it may use without a node being made for them.</summary>
    public IReadOnlyList<string> DeviceCgroupRule { get; init; } = [];

    /// <summary>Lines of its own /etc/hosts beyond the usual ones.</summary>
    public IReadOnlyList<ContainerHostEntry> AddHost { get; init; } = [];

    /// <summary>Kernel parameters of its namespaces.</summary>
    public IReadOnlyDictionary<string, string> Sysctl { get; init; } = new Dictionary<string, string>();

    /// <summary>Limits of each of its processes.</summary>
    public IReadOnlyList<ContainerUlimit> Ulimit { get; init; } = [];

    /// <summary>How readily the kernel kills it for lack of memory, -1000 to 1000; null for 0.</summary>
    public int? OomScoreAdj { get; init; }

    /// <summary>The NIS domain name inside; null for none.</summary>
    public string? DomainName { get; init; }

    /// <summary>How long its end may take before it is killed; null for the configuration's time.</summary>
    public TimeSpan? StopTimeout { get; init; }

    /// <summary>The file that its id was written to.</summary>
    public string? CidFile { get; init; }

    /// <summary>Whether the root file system is mounted read-only.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Memory in bytes; null for no limit of its own.</summary>
    public long? Memory { get; init; }

    /// <summary>Processor time as a number of processors; null for no limit of its own.</summary>
    public decimal? Cpus { get; init; }

    /// <summary>Processes and threads; null for no limit of its own.</summary>
    public long? PidsLimit { get; init; }

    /// <summary>Capabilities over the default set.</summary>
    public IReadOnlyList<string> CapAdd { get; init; } = [];

    /// <summary>Capabilities taken from the default set.</summary>
    public IReadOnlyList<string> CapDrop { get; init; } = [];

    /// <summary>Whether programs inside can gain no privileges by setuid bits or file capabilities.</summary>
    public bool NoNewPrivileges { get; init; }

    /// <summary>The seccomp filter: <c>default</c>, <c>unconfined</c> or <c>custom</c>.</summary>
    public string Seccomp { get; init; } = "default";

    /// <summary>Whether the masked and read-only paths of /proc and /sys are left open.</summary>
    public bool SystemPathsUnconfined { get; init; }

    /// <summary>Whether it is removed once it has ended.</summary>
    public bool RemoveOnExit { get; init; }

    /// <summary>The signal that asks it to end: what was asked for, else the image's, else TERM.</summary>
    public Signal? StopSignal { get; init; }

    /// <summary>Whether it is well, as the checks since its last start have found it; its status is None where it does not run. Null where it has no check.</summary>
    public ContainerHealth? Health { get; init; }

    /// <summary>How it is found out whether it is well, its image's part and the defaults applied; null where it is not.</summary>
    public ContainerHealthCheck? HealthCheck { get; init; }

    /// <summary>When it is started again after its end.</summary>
    public ContainerRestartPolicy RestartPolicy { get; init; } = ContainerRestartPolicy.Parse("no");

    /// <summary>How often it was started again, or that was tried, by its restart policy or for its health, since the user last started it.</summary>
    public int RestartCount { get; init; }

    /// <summary>Why the last start by its restart policy or for its health failed; null where it did not.</summary>
    public string? RestartError { get; init; }

    /// <summary>When it is started again, while it waits for that; else null.</summary>
    public DateTimeOffset? NextStartAt { get; init; }

    /// <summary>The name.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => Name;
}
