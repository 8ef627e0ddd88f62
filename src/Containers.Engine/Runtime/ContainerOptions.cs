using Containers.Engine.Health;
using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <summary>Everything that is asked of a container at its creation. Stored as its document; never changed by the kernel's state.</summary>
public sealed record ContainerOptions
{
    /// <summary>The image's name: <c>host</c>, or one that the image store knows. Null only with <see cref="RootFileSystem"/>.</summary>
    public string? Image { get; init; }

    /// <summary>A folder of this machine used, writable and in place, as the root file system instead of an image.</summary>
    public string? RootFileSystem { get; init; }

    /// <summary>The container's name: 1 to 128 of <c>[a-zA-Z0-9_.-]</c>, beginning with a letter or digit. Null: a generated one.</summary>
    public string? Name { get; init; }

    /// <summary>The program before <see cref="Command"/>, with its first arguments. Null: the image's; otherwise the image's arguments are left out too. Empty: none.</summary>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>The arguments of the entry point, or the program and its arguments where there is none. Empty: the image's.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Variables set for the first process, over the image's.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>User, and group after a colon, as names of the image's own passwd and group files or as numbers. Null: the image's, else root.</summary>
    public string? User { get; init; }

    /// <summary>Groups over the user's own, as names of the image's group file or as numbers; every other command in the container has them too.</summary>
    public IReadOnlyList<string> GroupAdd { get; init; } = [];

    /// <summary>The first process's current folder inside; made if missing. Null: the image's, else <c>/</c>.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The name uname(2) gives inside, at most 64 bytes. Null: the first 12 digits of the id.</summary>
    public string? HostName { get; init; }

    /// <summary>The NIS domain that uname(2) gives inside, at most 64 bytes. Null: the kernel's <c>(none)</c>.</summary>
    public string? DomainName { get; init; }

    /// <summary>Key-value pairs for the user's own use, over the image's.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Files and folders of this machine shown inside.</summary>
    public IReadOnlyList<BindMount> Volumes { get; init; } = [];

    /// <summary>Empty in-memory folders inside.</summary>
    public IReadOnlyList<TmpfsMount> Tmpfs { get; init; } = [];

    /// <summary>Whether the root file system is mounted read-only.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Bytes of /dev/shm at most. Null: 64 MiB.</summary>
    public long? ShmSize { get; init; }

    /// <summary>Devices of this machine that the container has besides the default ones.</summary>
    public IReadOnlyList<DeviceMapping> Devices { get; init; } = [];

    /// <summary>Devices that the container may use without a node being made for it, as devices.allow of cgroup v1 takes them: <c>c 189:* rwm</c>.</summary>
    public IReadOnlyList<string> DeviceCgroupRules { get; init; } = [];

    /// <summary>What the container sees of the network.</summary>
    public NetworkMode Network { get; init; } = NetworkMode.None;

    /// <summary>Whose network namespace it has instead of one of its own (network_namespaces(7)): another container's, or that of a file. Null: as <see cref="Network"/> says.</summary>
    public NamespaceOwner? NetworkNamespace { get; init; }

    /// <summary>A user namespace of its own (user_namespaces(7)), with these ids. Null: this machine's users are its.</summary>
    public UserMapping? UserNamespace { get; init; }

    /// <summary>Whose processes it sees and signals (pid_namespaces(7)). Null: its own alone.</summary>
    public NamespaceOwner? PidNamespace { get; init; }

    /// <summary>With whom it shares System V IPC, POSIX message queues and /dev/shm (ipc_namespaces(7)). Null: nobody.</summary>
    public NamespaceOwner? IpcNamespace { get; init; }

    /// <summary>Whose host and domain name it has (uts_namespaces(7)). Null: its own.</summary>
    public NamespaceOwner? UtsNamespace { get; init; }

    /// <summary>Lines of the container's own /etc/hosts beyond the usual ones: names, and the address of each. Without any, the image's file is left alone.</summary>
    public IReadOnlyList<HostEntry> ExtraHosts { get; init; } = [];

    /// <summary>Parameters of sysctl(8) in the container's own namespaces, by name: <c>net.*</c>, <c>fs.mqueue.*</c> and the IPC ones of <c>kernel.*</c>.</summary>
    public IReadOnlyDictionary<string, string> Sysctls { get; init; } = new Dictionary<string, string>();

    /// <summary>Limits of each process (setrlimit(2)), at most one of each name.</summary>
    public IReadOnlyList<ProcessLimit> Ulimits { get; init; } = [];

    /// <summary>How readily the kernel kills the container's processes for lack of memory: -1000 to 1000 (proc_pid_oom_score_adj(5)). Null: 0.</summary>
    public int? OomScoreAdj { get; init; }

    /// <summary>Capabilities over the default set; <c>ALL</c> stands for every one.</summary>
    public IReadOnlyList<string> CapAdd { get; init; } = [];

    /// <summary>Capabilities taken from the default set; <c>ALL</c> stands for every one.</summary>
    public IReadOnlyList<string> CapDrop { get; init; } = [];

    /// <summary>All capabilities, all devices, no seccomp filter, no masked paths.</summary>
    public bool Privileged { get; init; }

    /// <summary>
    /// PR_SET_NO_NEW_PRIVS: no program inside gains privileges by setuid bits or file capabilities. Null: as the configuration says
    /// (<see cref="Configuration.RuntimeConfiguration.NoNewPrivileges"/>), which is yes where it does not.
    /// </summary>
    public bool? NoNewPrivileges { get; init; }

    /// <summary>Null: the configuration's profile, else the built-in default. <c>unconfined</c>: none. Otherwise the JSON text of a profile in Docker's format.</summary>
    public string? SeccompProfile { get; init; }

    /// <summary>Whether the masked and read-only paths of /proc and /sys are left open.</summary>
    public bool SystemPathsUnconfined { get; init; }

    /// <summary>What the container may use.</summary>
    public ResourceLimits Limits { get; init; } = new();

    /// <summary>Whether the container is removed once it has ended.</summary>
    public bool RemoveOnExit { get; init; }

    /// <summary>Whether the container is started again once it has ended. Not together with <see cref="RemoveOnExit"/>.</summary>
    public RestartPolicy RestartPolicy { get; init; } = RestartPolicy.No;

    /// <summary>Whether a small init is the container's pid 1, which reaps orphans and forwards signals to the command.</summary>
    public bool Init { get; init; }

    /// <summary>Whether the command has a terminal (pty(7)) of the container's own as its input and output, which is also /dev/console.</summary>
    public bool Tty { get; init; }

    /// <summary>
    /// Whether the standard input of a container that is started without a session at it stays open for sessions that attach, instead of being empty. A terminal
    /// is open in any case.
    /// </summary>
    public bool Interactive { get; init; }

    /// <summary>The terminal's size at each start; null for one that is not known.</summary>
    public TerminalSize? TerminalSize { get; init; }

    /// <summary>The signal that asks the container to end. Null: the image's, else SIGTERM.</summary>
    public int? StopSignal { get; init; }

    /// <summary>How long the container's end may take before it is killed. Null: as the configuration says.</summary>
    public TimeSpan? StopTimeout { get; init; }

    /// <summary>How it is found out whether the container is well. Null: as the image says.</summary>
    public HealthOptions? Health { get; init; }

    /// <summary>A file of this machine, made anew, that the container's id is written to. Null: none.</summary>
    public string? IdFile { get; init; }

    /// <summary>How the container's output is kept. Null: as the configuration says.</summary>
    public LogOptions? Log { get; init; }
}

/// <summary>Limits of a container's cgroup. Null: no limit of its own.</summary>
public sealed record ResourceLimits
{
    /// <summary>Memory in bytes (memory.max, memory.limit_in_bytes), at least 6 MiB. Swap beyond it is not given.</summary>
    public long? Memory { get; init; }

    /// <summary>Processor time as a number of processors, above 0: 0.5 is half of one.</summary>
    public decimal? Cpus { get; init; }

    /// <summary>Processes and threads, at least 1.</summary>
    public long? PidsLimit { get; init; }
}

/// <summary>What is to be another way in a container that is there. Null: as it is.</summary>
public sealed record ContainerChanges
{
    /// <summary>Limits; null ones stay as they are.</summary>
    public ResourceLimits Limits { get; init; } = new();

    /// <summary>The restart policy, from the next end on.</summary>
    public RestartPolicy? RestartPolicy { get; init; }

    /// <summary>Whether the limit of memory is taken away.</summary>
    public bool LiftMemory { get; init; }

    /// <summary>Whether the limit of processors is taken away.</summary>
    public bool LiftCpus { get; init; }

    /// <summary>Whether the limit of processes is taken away.</summary>
    public bool LiftPidsLimit { get; init; }
}

/// <summary>How a container's output is kept.</summary>
public sealed record LogOptions
{
    /// <summary>Bytes after which the log file is rotated, at least 4096.</summary>
    public long MaxSize { get; init; } = 10 * 1024 * 1024;

    /// <summary>Files kept, the current one included; at least 1.</summary>
    public int MaxFiles { get; init; } = 3;
}

/// <summary>Whose namespace a container lives in, where it is not its own.</summary>
/// <param name="Container">The running container whose it is: a name, an id or the beginning of one, looked up at each start. Null: this machine's own.</param>
public sealed record NamespaceOwner(string? Container)
{
    /// <summary>This machine's own.</summary>
    public static NamespaceOwner Host { get; } = new((string?)null);

    /// <summary>An absolute path of the namespace's file; of network namespaces alone. Null for none.</summary>
    public string? Path { get; init; }
}

/// <summary>What a container sees of the network.</summary>
public enum NetworkMode
{
    /// <summary>A network namespace of its own with only loopback, which is up.</summary>
    None,

    /// <summary>The machine's own network namespace.</summary>
    Host,
}
