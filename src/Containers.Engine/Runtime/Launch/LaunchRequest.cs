using Containers.Engine.Cgroups;
using Containers.Engine.Health;

namespace Containers.Engine.Runtime.Launch;

/// <summary>
/// Everything a launch plan is compiled from. Of a command in a running container (<see cref="LaunchRoot.Running"/>) the folders to mount on, the record's
/// beginning and the hand-over are not asked for. Paths are the host's own or the user's; none comes from an image unless said.
/// </summary>
internal sealed record LaunchRequest
{
    /// <summary>The container's id.</summary>
    public required string Id { get; init; }

    /// <summary>What the user asked for.</summary>
    public required ContainerOptions Options { get; init; }

    /// <summary>What is attempted, for the sentence when it fails; null for the container's start.</summary>
    public string? Purpose { get; init; }

    /// <summary>The command, its environment and user, with the image's configuration applied.</summary>
    public required LaunchCommand Command { get; init; }

    /// <summary>Where the root file system comes from.</summary>
    public required LaunchRoot Root { get; init; }

    /// <summary>The container's cgroup.</summary>
    public required LaunchCgroup Cgroup { get; init; }

    /// <summary>The capabilities of the bounding set, and of the others where the user is root: bit n is capability n.</summary>
    public required ulong Capabilities { get; init; }

    /// <summary>The seccomp filter as an array of struct sock_filter; null for none.</summary>
    public byte[]? Seccomp { get; init; }

    /// <summary>The first processes (pidfd_open(2)) of other containers whose namespaces are joined.</summary>
    public LaunchSharing Sharing { get; init; } = new(null, null, null, null);

    /// <summary>Its users, where it has a user namespace of its own; null for this machine's. Of a further command only whether it has one matters.</summary>
    public LaunchUsers? Users { get; init; }

    /// <summary>Device nodes of the host made besides the default ones.</summary>
    public IReadOnlyList<LaunchDevice> HostDevices { get; init; } = [];

    /// <summary>The container's own /etc/hosts, or null.</summary>
    public BindMount? Hosts { get; init; }

    /// <summary>An empty folder of the host that the root is mounted on, in the container's own mount namespace.</summary>
    public string MountPoint { get; init; } = string.Empty;

    /// <summary>A second empty folder of the host, for what is needed only during the start.</summary>
    public string StagingPoint { get; init; } = string.Empty;

    /// <summary>RLIMIT_NOFILE's hard limit of this process.</summary>
    public required long OpenFilesLimit { get; init; }

    /// <summary>The first part of the running record: <c>{"bootId":"...",</c>.</summary>
    public string RunningPrefix { get; init; } = string.Empty;

    /// <summary>The end of the container's lines in the record of events.</summary>
    public byte[] EventSubject { get; init; } = [];

    /// <summary>The environment of the program that the monitor hands over to, so that it works on the same roots.</summary>
    public IReadOnlyList<string> HandOverEnvironment { get; init; } = [];

    /// <summary>The health check that the monitor times; null for none.</summary>
    public HealthCheck? Health { get; init; }

    /// <summary>Descriptors for the monitor.</summary>
    public required LaunchDescriptors Descriptors { get; init; }
}

/// <summary>Whose namespaces the container joins: first processes of running containers (pidfd_open(2)); null where it has its own, or the machine's.</summary>
/// <param name="Pid">Whose pid namespace.</param>
/// <param name="Ipc">Whose IPC namespace and /dev/shm.</param>
/// <param name="Uts">Whose UTS namespace.</param>
/// <param name="Network">Whose network namespace; may be the namespace's own file.</param>
internal sealed record LaunchSharing(int? Pid, int? Ipc, int? Uts, int? Network);

/// <summary>The users of a container with a user namespace of its own.</summary>
/// <param name="Descriptor">The user namespace, with its maps; 0 for a further command.</param>
/// <param name="RootUser">What its root is outside.</param>
/// <param name="RootGroup">What its group 0 is outside.</param>
/// <param name="TerminalGroup">What its group of terminals (5) is outside; null where it has none.</param>
internal sealed record LaunchUsers(int Descriptor, uint RootUser, uint RootGroup, uint? TerminalGroup);

/// <summary>What is executed.</summary>
/// <param name="Arguments">argv, at least one.</param>
/// <param name="Environment">KEY=VALUE; HOME may be missing and is then the user's.</param>
/// <param name="User">user[:group] of the image's own files; untrusted.</param>
/// <param name="WorkingDirectory">An absolute path inside, without <c>..</c>; untrusted.</param>
/// <param name="HostName">The name uname(2) gives.</param>
internal sealed record LaunchCommand(
    IReadOnlyList<string> Arguments, IReadOnlyList<string> Environment, string User, string WorkingDirectory, string HostName);

/// <summary>Where a root file system comes from.</summary>
internal abstract record LaunchRoot
{
    /// <summary>An overlay; the paths are relative to <paramref name="Base"/>, so that the options stay short.</summary>
    /// <param name="Base">The engine's state folder.</param>
    /// <param name="Lower">The read-only layers, topmost first; at most 500.</param>
    /// <param name="Upper">The writable layer.</param>
    /// <param name="Work">The overlay's work folder, beside the upper one.</param>
    /// <param name="Volatile">Whether nothing needs to reach the disk, as the layer is thrown away at the end.</param>
    /// <param name="Hidden">Folders inside that empty ones cover.</param>
    public sealed record Overlay(
        string Base, IReadOnlyList<string> Lower, string Upper, string Work, bool Volatile, IReadOnlyList<string> Hidden) : LaunchRoot;

    /// <summary>That of a running container, which the command joins with all its namespaces.</summary>
    /// <param name="Process">Its first process (pidfd_open(2)).</param>
    /// <param name="Proc">The machine's own /proc (O_PATH).</param>
    public sealed record Running(int Process, int Proc) : LaunchRoot;

    /// <summary>A folder of the host, used in place.</summary>
    /// <param name="Path">The folder.</param>
    public sealed record Folder(string Path) : LaunchRoot;
}

/// <summary>The container's cgroup as the launch needs it.</summary>
/// <param name="Join">tasks files (v1) the first process writes itself to.</param>
/// <param name="Into">The v2 folder it is born into, or null.</param>
/// <param name="Removals">What the monitor removes at the end.</param>
/// <param name="OomCounter">The file that counts OOM kills, or null.</param>
/// <param name="Shown">Folders of the host shown below /sys/fs/cgroup: the place there (empty for itself), and the container's own cgroup.</param>
/// <param name="MonitorJoin">tasks files (v1) the monitor writes itself to.</param>
/// <param name="MonitorInto">The v2 folder the monitor is born into, or null.</param>
internal sealed record LaunchCgroup(
    IReadOnlyList<int> Join,
    int? Into,
    IReadOnlyList<(int Folder, string Name)> Removals,
    int? OomCounter,
    IReadOnlyList<(string Target, string Source)> Shown,
    IReadOnlyList<int> MonitorJoin,
    int? MonitorInto)
{
    /// <summary>The cgroup of a running container, for a further process to join.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="manager">Knows where monitors live.</param>
    /// <returns>What the launch needs of it.</returns>
    public static LaunchCgroup ToJoin(ContainerCgroup cgroup, CgroupManager manager) => new(
        [.. cgroup.JoinDescriptors.Select(d => d.Number)], cgroup.IntoDescriptor?.Number, [], null, [],
        [.. manager.MonitorJoinDescriptors.Select(d => d.Number)], manager.MonitorIntoDescriptor?.Number);

    /// <summary>The file that kills all processes of the cgroup (cgroup.kill), or null.</summary>
    public int? Killer { get; init; }

    /// <summary>Links below /sys/fs/cgroup for controllers that are mounted together: <c>cpu</c> to <c>cpu,cpuacct</c>.</summary>
    public IReadOnlyList<(string Name, string Target)> Links { get; init; } = [];
}

/// <summary>A device node.</summary>
/// <param name="Path">Below /dev, without it.</param>
/// <param name="Mode">st_mode, type included.</param>
/// <param name="Number">makedev(3)'s.</param>
internal sealed record LaunchDevice(string Path, int Mode, long Number)
{
    /// <summary>The owner.</summary>
    public uint Uid { get; init; }

    /// <summary>The group.</summary>
    public uint Gid { get; init; }
}

/// <summary>Descriptors that the monitor gets.</summary>
/// <param name="Session">Its end of the socket pair.</param>
/// <param name="RecordsFolder">The folder of the running and exit records, or null.</param>
/// <param name="LogFolder">The folder of the log, or null.</param>
/// <param name="StandardInput">The container's standard input, or null for /dev/null.</param>
/// <param name="Output">The session's pipe for standard output, or null.</param>
/// <param name="Error">The session's pipe for standard error, or null.</param>
/// <param name="HandOver">The engine's command-line program, or null.</param>
internal sealed record LaunchDescriptors(
    int Session, int? RecordsFolder, int? LogFolder, int? StandardInput, int? Output, int? Error, int? HandOver)
{
    /// <summary>The folder in memory for the exit record where there is no room for it beside the others, or null for none.</summary>
    public int? SpareRecordsFolder { get; init; }

    /// <summary>The folder of the record of events, or null for none.</summary>
    public int? EventsFolder { get; init; }

    /// <summary>The listening socket at which further sessions attach, or null for none.</summary>
    public int? AttachSocket { get; init; }

    /// <summary>The writing end of the standard input, which the monitor keeps for sessions that attach; null for none.</summary>
    public int? KeptInput { get; init; }

    /// <summary>The container's lock, or null for none.</summary>
    public int? StartLock { get; init; }

    /// <summary>The lock of starts into others' pid namespaces, which the first process holds until it executes the command; null for none.</summary>
    public int? SharingLock { get; init; }
}
