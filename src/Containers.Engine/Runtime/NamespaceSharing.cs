using Containers.Engine.Namespaces;
using Containers.Engine.Runtime.Launch;
using Containers.Engine.Security;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Runtime;

/// <summary>
/// Finds the containers whose namespaces another one joins, anew at each of its starts, and keeps what starts among others' processes from tracers.
/// <c>RUNTIME/tracers/ID</c> names each container that was started with CAP_SYS_PTRACE in another's pid namespace.
/// </summary>
/// <param name="services">The engine's.</param>
internal sealed class NamespaceSharing(EngineServices services)
{
    private readonly string tracers = Path.Combine(services.Roots.RuntimeRoot, "tracers");

    /// <summary>Refuses what no start could do, before the container is there: one that shares with itself, or with a container that does not exist.</summary>
    /// <param name="options">What is asked of it.</param>
    /// <param name="id">Its id.</param>
    public void Check(ContainerOptions options, string id)
    {
        foreach (NamespaceOwner owner in Owners(options))
        {
            _ = Find(owner, id);
        }
    }

    /// <summary>The host name of a container: its own, or that of whom it shares it with.</summary>
    /// <param name="options">What is asked of it.</param>
    /// <param name="id">Its id.</param>
    /// <returns>The name.</returns>
    public string HostName(ContainerOptions options, string id) => options.UtsNamespace switch
    {
        null => options.HostName ?? id[..12],
        { Container: null } => Files.ReadText(Files.CurrentFolder, "/proc/sys/kernel/hostname")?.Trim() ?? string.Empty,
        var owner => services.Store.Records.Read(Find(owner, id)).Document?.Command.HostName ?? string.Empty,
    };

    /// <summary>Opens the first processes of the containers whose namespaces a starting one joins.</summary>
    /// <param name="document">The starting container.</param>
    /// <param name="cancellation">Ends the waiting for other starts.</param>
    /// <returns>The processes, to be disposed once it has started.</returns>
    /// <exception cref="EngineException">One of them is not there, does not run, or has a tracer.</exception>
    public JoinedContainers Open(ContainerDocument document, CancellationToken cancellation)
    {
        ContainerOptions options = document.Options;
        var joined = new JoinedContainers();
        try
        {
            if (options.PidNamespace is { Container: not null })
            {
                joined.Lock = LockTracers(cancellation);
            }

            joined.Pid = Open(document, options.PidNamespace, joined, "processes", cancellation);
            joined.Ipc = Open(document, options.IpcNamespace, joined, "IPC", cancellation);
            joined.Uts = Open(document, options.UtsNamespace, joined, "host name", cancellation);
            joined.Network = options.NetworkNamespace is { Path: { } path } ? OpenFile(document, path) : Open(document, options.NetworkNamespace, joined, "network", cancellation);
            if (options.PidNamespace is { Container: not null } owner)
            {
                ContainerRecords other = services.Store.Records.Read(Find(owner, document.Id));
                RefuseTracer(document, other.Document!, other.Running!);
                if (IsTracer(options))
                {
                    File.WriteAllText(Path.Combine(tracers, document.Id), string.Empty);
                }
            }

            return joined;
        }
        catch
        {
            joined.Dispose();
            throw;
        }
    }

    /// <summary>The error of a start whose other container is not there to be joined.</summary>
    internal static EngineException NotRunning(ContainerDocument document, string other, string what) => new(
        EngineErrorReason.NotRunning, document.Name,
        $"The container '{document.Name}' shares the {what} of the container '{other}', which is not running. Start that one first: Start-Container {other}");

    private static IEnumerable<NamespaceOwner> Owners(ContainerOptions options) =>
        new[] { options.PidNamespace, options.IpcNamespace, options.UtsNamespace, options.NetworkNamespace }.Where(owner => owner?.Container is not null).OfType<NamespaceOwner>();

    private static bool IsTracer(ContainerOptions options) =>
        !options.Privileged && CapabilitySet.Resolve(options.CapAdd, options.CapDrop, privileged: false).Contains(Capability.CAP_SYS_PTRACE);

    private string Find(NamespaceOwner owner, string self)
    {
        string id = services.Store.FindId(owner.Container!);
        return id != self ? id : throw ContainerOptionsCheck.Invalid(owner.Container!, $"The container '{owner.Container}' cannot share a namespace with itself.");
    }

    private FileDescriptor? Open(ContainerDocument document, NamespaceOwner? owner, JoinedContainers joined, string what, CancellationToken cancellation)
    {
        if (owner?.Container is null)
        {
            return null;
        }

        ContainerRecords other = services.Store.Records.ReadLaunched(Find(owner, document.Id), cancellation);
        if (other.Running is { } running && other.TryOpenFirstProcess() is { } process)
        {
            joined.Add(other.Document!.Name, ContainerObserver.FirstProcess(running));
            return process;
        }

        throw NotRunning(document, other.Document?.Name ?? owner.Container, what);
    }

    private static FileDescriptor OpenFile(ContainerDocument document, string path)
    {
        FileDescriptor? file = Files.TryOpen(Files.CurrentFolder, path, LibC.O_RDONLY | LibC.O_NONBLOCK, 0, out Errno errno);
        if (file is not null && NamespaceKinds.OfFlag(NamespaceFiles.TypeOf(file)) == NamespaceType.Network)
        {
            return file;
        }

        file?.Dispose();
        throw new EngineException(
            EngineErrorReason.NotFound, document.Name,
            $"The container '{document.Name}' has the network of '{path}', which {(errno == Errno.None ? "is no network namespace (any more)" : $"cannot be opened: {KernelException.Describe(errno)}")}.");
    }

    /// <summary>
    /// What starts a container in another's pid namespace is for a moment a process of the host among that one's: it mounts a /proc, which only a process in the
    /// namespace can. It is hidden from those that have no more rights than it, but not from a tracer (ptrace(2), PTRACE_MODE_ATTACH), who could make it work for him. A
    /// privileged container can do as much without.
    /// </summary>
    private void RefuseTracer(ContainerDocument document, ContainerDocument other, RunningRecord running)
    {
        if ((IsTracer(other.Options) ? other : TracerAmong(running)) is { } tracer)
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, document.Name,
                $"The container '{tracer.Name}' has the capability SYS_PTRACE, with which its processes could take over what starts '{document.Name}' among the processes of "
                + $"'{other.Name}', and so this machine. Start '{document.Name}' before it, or leave that capability out.");
        }
    }

    private ContainerDocument? TracerAmong(RunningRecord running)
    {
        string? joined = PidNamespace(running.Pid);
        foreach (string path in Directory.EnumerateFiles(tracers))
        {
            string id = Path.GetFileName(path);
            if (!services.Store.Exists(id))
            {
                File.Delete(path);
            }
            else if (services.Store.Records.Read(id) is { Document: { } document, Running: { } tracer, IsRunning: true } && PidNamespace(tracer.Pid) == joined)
            {
                return document;
            }
        }

        return null;
    }

    /// <summary>
    /// Starts into others' pid namespaces come one after the other, so that a tracer that is being started is seen, and sees, any other start. Whoever starts holds the lock
    /// until the command runs, also where its session dies.
    /// </summary>
    private FileDescriptor LockTracers(CancellationToken cancellation)
    {
        FileDescriptor folder = StoreFolder.OpenRoot(tracers);
        try
        {
            while (!Files.Lock(folder, wait: false, tracers))
            {
                cancellation.ThrowIfCancellationRequested();
                Thread.Sleep(1);
            }

            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private static string? PidNamespace(int pid) => Files.ReadLink(Files.CurrentFolder, $"/proc/{pid}/ns/pid");
}

/// <summary>The first processes of the containers that a starting one joins.</summary>
internal sealed class JoinedContainers : IDisposable
{
    private readonly List<(string Name, ProcessIdentity Process)> others = [];

    /// <summary>What keeps other starts into others' pid namespaces waiting; null where there is no such namespace.</summary>
    public FileDescriptor? Lock { get; set; }

    /// <summary>Whose pid namespace, or null.</summary>
    public FileDescriptor? Pid { get; set; }

    /// <summary>Whose IPC namespace, or null.</summary>
    public FileDescriptor? Ipc { get; set; }

    /// <summary>Whose UTS namespace, or null.</summary>
    public FileDescriptor? Uts { get; set; }

    /// <summary>The name of one that has ended since it was opened; null where all run.</summary>
    public string? Ended => others.Where(other => !other.Process.IsAlive).Select(other => other.Name).FirstOrDefault();

    /// <summary>Whose network namespace, or its file; null for neither.</summary>
    public FileDescriptor? Network { get; set; }

    /// <summary>The descriptors for the launch.</summary>
    public LaunchSharing Sharing => new(Pid?.Number, Ipc?.Number, Uts?.Number, Network?.Number);

    /// <summary>Notes a container whose first process was opened.</summary>
    public void Add(string name, ProcessIdentity process) => others.Add((name, process));

    /// <inheritdoc/>
    public void Dispose()
    {
        Lock?.Dispose();
        Pid?.Dispose();
        Ipc?.Dispose();
        Uts?.Dispose();
        Network?.Dispose();
    }
}
