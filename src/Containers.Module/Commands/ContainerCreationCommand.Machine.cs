using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;

namespace Containers.Commands;

/// <content>What a container gets of this machine and of the kernel, beyond the everyday.</content>
public abstract partial class ContainerCreationCommand
{
    /// <summary>
    /// Mounts as docker run --mount takes them, in quotes: 'type=bind,source=/here,target=/inside,readonly', with bind-propagation= and bind-nonrecursive;
    /// 'type=tmpfs,target=/scratch,tmpfs-size=64m,tmpfs-mode=1777'. The same as hashtables, or as ContainerMount and ContainerTmpfs objects.
    /// </summary>
    [Parameter]
    [MountOptionArgument]
    [ArgumentCompleter(typeof(MountOptionCompleter))]
    public IContainerMount[] Mount { get; set; } = [];

    /// <summary>The size of /dev/shm: 256MB or '256m'. Without it 64 MiB.</summary>
    [Parameter]
    [ByteSizeArgument]
    public ByteSize? ShmSize { get; set; }

    /// <summary>
    /// Devices of this machine that the container gets: '/dev/here', with ':/dev/inside' and ':rwm' (read, write, make nodes) after it where they differ. A
    /// folder stands for all devices in it.
    /// </summary>
    [Parameter]
    [DeviceArgument]
    public ContainerDevice[] Device { get; set; } = [];

    /// <summary>Devices that the container may use though no node is made for them: the kind (b, c, or a for both), MAJOR:MINOR with * for all, and accesses: 'c 189:* rwm'.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] DeviceCgroupRule { get; set; } = [];

    /// <summary>
    /// Names with addresses for the container's /etc/hosts: 'db:10.0.0.5'. The container then has a file of its own with the usual lines, in place of the
    /// image's.
    /// </summary>
    [Parameter]
    [HostEntryArgument]
    public ContainerHostEntry[] AddHost { get; set; } = [];

    /// <summary>The NIS domain name that the container has for itself, at most 64 characters.</summary>
    [Parameter]
    [ValidateLength(1, 64)]
    public string? DomainName { get; set; }

    /// <summary>
    /// Kernel parameters of the container's own namespaces: 'net.ipv4.ip_forward=1' texts, a hashtable, or both. They are net.* (not with -Network Host),
    /// fs.mqueue.*, and of kernel.* those of System V IPC.
    /// </summary>
    [Parameter]
    [SysctlArgument]
    [ArgumentCompleter(typeof(SysctlCompleter))]
    public IDictionary<string, string>? Sysctl { get; set; }

    /// <summary>Limits of each process: 'nofile=1024', or 'nofile=1024:2048' for a soft and a hard one; -1 for none. Beyond the session's own hard limits they take CAP_SYS_RESOURCE.</summary>
    [Parameter]
    [UlimitArgument]
    [ArgumentCompleter(typeof(UlimitCompleter))]
    public ContainerUlimit[] Ulimit { get; set; } = [];

    /// <summary>How readily the kernel kills the container's processes when memory runs out: -1000 (never) to 1000. Without it 0.</summary>
    [Parameter]
    [ValidateRange(-1000, 1000)]
    public int? OomScoreAdj { get; set; }

    /// <summary>How long the container's end may take before it is killed, unless Stop-Container says otherwise: '30s', a number of seconds, or a TimeSpan.</summary>
    [Parameter]
    [DurationArgument]
    public TimeSpan? StopTimeout { get; set; }

    /// <summary>
    /// Whose processes the container sees and can signal: Private (its own alone), Host (all of this machine), or container:NAME. With Host or another container's
    /// processes, what a process of the same user can do to another it can do to those.
    /// </summary>
    [Parameter]
    [Alias("Pid")]
    [NamespaceArgument]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? PidNamespace { get; set; }

    /// <summary>With whom the container shares System V IPC, POSIX message queues and /dev/shm: Private (nobody), Host (this machine), or container:NAME.</summary>
    [Parameter]
    [NamespaceArgument]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? IpcNamespace { get; set; }

    /// <summary>Whose host and domain name the container has: Private (its own), Host (this machine's), or container:NAME.</summary>
    [Parameter]
    [NamespaceArgument]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? UtsNamespace { get; set; }

    /// <summary>Groups that the user has over his own, as names of the image's group file or as numbers.</summary>
    [Parameter]
    [GroupArgument]
    public string[] GroupAdd { get; set; } = [];

    /// <summary>A file that the container's id is written to. It must not be there yet, and is removed again where the container cannot be made.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? CidFile { get; set; }
}
