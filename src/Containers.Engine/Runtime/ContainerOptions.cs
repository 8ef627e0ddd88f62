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

    /// <summary>The first process's current folder inside; made if missing. Null: the image's, else <c>/</c>.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The name uname(2) gives inside, at most 64 bytes. Null: the first 12 digits of the id.</summary>
    public string? HostName { get; init; }

    /// <summary>Key-value pairs for the user's own use, over the image's.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Files and folders of this machine shown inside.</summary>
    public IReadOnlyList<BindMount> Volumes { get; init; } = [];

    /// <summary>Empty in-memory folders inside.</summary>
    public IReadOnlyList<TmpfsMount> Tmpfs { get; init; } = [];

    /// <summary>Whether the root file system is mounted read-only.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>What the container sees of the network.</summary>
    public NetworkMode Network { get; init; } = NetworkMode.None;

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

    /// <summary>Whether a small init is the container's pid 1, which reaps orphans and forwards signals to the command.</summary>
    public bool Init { get; init; }

    /// <summary>Whether the command has a terminal (pty(7)) of the container's own as its input and output, which is also /dev/console.</summary>
    public bool Tty { get; init; }

    /// <summary>The terminal's size at each start; null for one that is not known.</summary>
    public TerminalSize? TerminalSize { get; init; }

    /// <summary>The signal that asks the container to end. Null: the image's, else SIGTERM.</summary>
    public int? StopSignal { get; init; }

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

/// <summary>How a container's output is kept.</summary>
public sealed record LogOptions
{
    /// <summary>Bytes after which the log file is rotated, at least 4096.</summary>
    public long MaxSize { get; init; } = 10 * 1024 * 1024;

    /// <summary>Files kept, the current one included; at least 1.</summary>
    public int MaxFiles { get; init; } = 3;
}

/// <summary>A file or folder of this machine shown inside a container.</summary>
/// <param name="Source">An absolute path on this machine; it must exist.</param>
/// <param name="Target">An absolute path inside; made if missing.</param>
/// <param name="ReadOnly">Whether it, and every mount below it, is read-only.</param>
public sealed record BindMount(string Source, string Target, bool ReadOnly);

/// <summary>An in-memory folder inside a container.</summary>
/// <param name="Target">An absolute path inside; made if missing.</param>
/// <param name="Size">Bytes at most; null for the kernel's default, half the memory.</param>
/// <param name="Mode">Permission bits of its root.</param>
/// <param name="Executable">Whether programs may be executed from it.</param>
public sealed record TmpfsMount(string Target, long? Size = null, int Mode = 1023, bool Executable = false);

/// <summary>What a container sees of the network.</summary>
public enum NetworkMode
{
    /// <summary>A network namespace of its own with only loopback, which is up.</summary>
    None,

    /// <summary>The machine's own network namespace.</summary>
    Host,
}
