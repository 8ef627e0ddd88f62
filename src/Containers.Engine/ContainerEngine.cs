using Containers.Engine.Configuration;
using Containers.Engine.Copying;
using Containers.Engine.Events;
using Containers.Engine.Images;
using Containers.Engine.Maintenance;
using Containers.Engine.Namespaces;
using Containers.Engine.Overlays;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine;

/// <summary>
/// The engine: every operation on containers and images of one pair of roots. Holds no state of its own beyond open
/// descriptors and caches; any number of engines, in any number of processes, may work on the same roots at once. Thread-safe.
/// </summary>
public sealed partial class ContainerEngine : IDisposable
{
    private readonly EngineServices services;
    private readonly ContainerObserver observer;
    private readonly ContainerCreation creation;
    private readonly ContainerStart start;
    private readonly ContainerEnd end;
    private readonly ContainerRemoval removal;
    private readonly ContainerRestart restart;
    private readonly ContainerExec exec;
    private readonly ContainerAttach attach;
    private readonly ContainerChange change;
    private readonly ContainerUpdate update;
    private readonly ContainerWait wait;
    private readonly ContainerCommit commit;
    private readonly StorageCare care;
    private readonly StorageRepair repair;
    private readonly ContainerCopy copy;
    private readonly ContainerExport export;
    private readonly ContainerComparison comparison;
    private readonly NamespacePins pins;
    private readonly OverlayCatalog overlays;

    private ContainerEngine(EngineServices services)
    {
        this.services = services;
        observer = new ContainerObserver(services.Store, () => services.Cgroups);
        creation = new ContainerCreation(services);
        start = new ContainerStart(services);
        var waiting = new RestartWaiting(services);
        end = new ContainerEnd(services, observer, waiting);
        removal = new ContainerRemoval(services, observer, start, end, waiting);
        restart = new ContainerRestart(services, observer, start, removal, waiting);
        exec = new ContainerExec(services);
        attach = new ContainerAttach(services);
        change = new ContainerChange(services, observer);
        update = new ContainerUpdate(services, observer, restart);
        wait = new ContainerWait(services, observer, end);
        commit = new ContainerCommit(services, observer);
        care = new StorageCare(services, observer, removal);
        pins = new NamespacePins(services.Roots);
        repair = new StorageRepair(services, observer, start, removal, care, pins);
        var views = new ContainerViews(services, observer);
        copy = new ContainerCopy(services, views);
        export = new ContainerExport(services, views);
        comparison = new ContainerComparison(services, views);
        overlays = new OverlayCatalog(services, observer);
    }

    /// <summary>Opens the engine on the roots that the configuration names, making them where they are missing.</summary>
    /// <param name="configurationPath">The configuration file; null for <c>CONTAINERS_CONFIG</c>, else /etc/pscontainers/config.json.</param>
    /// <returns>The engine.</returns>
    /// <exception cref="EngineException">The configuration is wrong, or a root cannot be made.</exception>
    public static ContainerEngine Open(string? configurationPath = null) => new(new EngineServices(EngineConfiguration.Load(configurationPath)));

    /// <summary>The configuration in force.</summary>
    public EngineConfiguration Configuration => services.Configuration;

    /// <summary>The image store.</summary>
    public ImageStore Images => services.Images;

    /// <summary>Makes a container without starting it.</summary>
    /// <param name="options">What is asked of it.</param>
    /// <param name="cancellation">Undoes what was made so far.</param>
    /// <returns>The container, in state Created.</returns>
    /// <exception cref="EngineException">InvalidArgument, NotFound (an image or a volume's source), AlreadyExists (the name), Storage.</exception>
    public ContainerSnapshot Create(ContainerOptions options, CancellationToken cancellation = default)
    {
        (ContainerDocument document, ContainerLock held) = creation.Create(options, cancellation);
        using (held)
        {
            return observer.Observe(document.Id)!;
        }
    }

    /// <summary>
    /// Starts a container that is not running; its output goes to its log alone. A running one is left alone. Its restarts are counted anew, and its restart policy holds
    /// again where it was stopped.
    /// </summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellation">Ends the start; the container is left as it was.</param>
    /// <returns>The container, in state Running (or already Exited).</returns>
    /// <exception cref="EngineException">NotFound, CommandNotFound, CommandNotExecutable, LaunchFailed, Busy (one that was never made whole).</exception>
    public ContainerSnapshot Start(string id, CancellationToken cancellation = default) => restart.Start(id, cancellation);

    /// <summary>Makes and starts a container attached to this session.</summary>
    /// <param name="options">What is asked of it.</param>
    /// <param name="withInput">Whether its standard input is a pipe from this session, instead of empty.</param>
    /// <param name="cancellation">Ends the start, leaving nothing.</param>
    /// <returns>The running container.</returns>
    /// <exception cref="EngineException">As <see cref="Create"/> and <see cref="Start"/>. The container is then removed.</exception>
    public ForegroundProcess Run(ContainerOptions options, bool withInput, CancellationToken cancellation = default)
    {
        (ContainerDocument document, ContainerLock held) = creation.Create(options, cancellation);
        using (held)
        {
            try
            {
                if (document.Options is { RemoveOnExit: true, Tty: true } or { RestartPolicy.Mode: not RestartMode.No })
                {
                    // The session may detach from it, and is then not there to remove it; nor is it to start it again.
                    services.RequireHandOver(document);
                }

                return new AttachedContainer(removal, document, start.Start(document, held, attach: true, withInput, cancellation));
            }
            catch
            {
                services.Store.Remove(held, document.Name);
                services.Events.Write(EventAction.Remove, document);
                ContainerCreation.RemoveIdFile(document.Options);
                throw;
            }
        }
    }

    /// <summary>As <see cref="Start"/>, attached to this session from the first byte on. Disposing what this gives detaches; the container goes on.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="withInput">Whether its standard input is a pipe from this session, or the session types into its terminal.</param>
    /// <param name="cancellation">Ends the start; the container is left as it was.</param>
    /// <returns>The running container.</returns>
    /// <exception cref="EngineException">As <see cref="Start"/>; Busy where it is running already.</exception>
    public ForegroundProcess StartAttached(string id, bool withInput, CancellationToken cancellation = default)
    {
        (ContainerDocument document, MonitorLink link) = restart.StartAttached(id, withInput, cancellation);
        return new AttachedContainer(removal, document, link) { IsLeftRunning = true };
    }

    /// <summary>
    /// Attaches this session to a running container: it gets the output from now on, as every other attached session does. Disposing what this gives detaches; the
    /// container goes on. At most eight sessions are attached besides the one that started the container.
    /// </summary>
    /// <param name="id">The container's id.</param>
    /// <param name="withInput">
    /// Whether the session types into the container's terminal, or writes to its standard input where that is kept open (<see cref="ContainerOptions.Interactive"/>).
    /// </param>
    /// <param name="cancellation">Ends the waiting for the container's monitor.</param>
    /// <returns>The running container; without a standard input where it takes none.</returns>
    /// <exception cref="EngineException">NotFound, NotRunning, Busy (paused, or eight are attached), Timeout (its monitor is stopped), NotSupported.</exception>
    public ForegroundProcess Attach(string id, bool withInput, CancellationToken cancellation = default)
    {
        (ContainerSnapshot container, MonitorLink link) = attach.Attach(id, withInput, cancellation);
        return new RejoinedContainer(removal, container, link);
    }

    /// <summary>Runs a further command in a running container, attached to this session.</summary>
    /// <param name="id">The container's id.</param>
    /// <param name="options">The command.</param>
    /// <param name="withInput">Whether its standard input is a pipe from this session, instead of empty.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <returns>The running command.</returns>
    /// <exception cref="EngineException">NotFound, NotRunning, Busy (paused), InvalidArgument, CommandNotFound, CommandNotExecutable, LaunchFailed.</exception>
    public ForegroundProcess Execute(string id, ExecOptions options, bool withInput, CancellationToken cancellation = default)
    {
        (ContainerSnapshot container, MonitorLink link) = exec.Start(id, options, attach: true, withInput, cancellation);
        return new AttachedExec(container, link);
    }

    /// <summary>Runs a further command in a running container and leaves it on its own. Its output goes nowhere.</summary>
    /// <param name="id">The container's id.</param>
    /// <param name="options">The command.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <returns>Its pid on this machine.</returns>
    /// <exception cref="EngineException">As <see cref="Execute"/>.</exception>
    public int ExecuteDetached(string id, ExecOptions options, CancellationToken cancellation = default)
    {
        using MonitorLink link = exec.Start(id, options, attach: false, withInput: false, cancellation).Link;
        return link.Process.Pid;
    }

    /// <summary>All containers, oldest first.</summary>
    /// <returns>A snapshot of each.</returns>
    public IReadOnlyList<ContainerSnapshot> List() =>
        [.. services.Store.Ids().Select(observer.Observe).OfType<ContainerSnapshot>().OrderBy(c => c.CreatedAt).ThenBy(c => c.Id, StringComparer.Ordinal)];

    /// <summary>The container of that exact name, exact id, or unambiguous prefix of an id.</summary>
    /// <param name="nameOrId">A name or the beginning of an id.</param>
    /// <returns>Its snapshot.</returns>
    /// <exception cref="EngineException">NotFound or Ambiguous.</exception>
    public ContainerSnapshot Get(string nameOrId) => observer.Observe(FindId(nameOrId)) ?? throw ContainerStore.NotFound(nameOrId);

    /// <summary>The id of the container of that exact name, exact id, or unambiguous prefix of an id; without a look at its state.</summary>
    /// <param name="nameOrId">A name or the beginning of an id.</param>
    /// <returns>Its id.</returns>
    /// <exception cref="EngineException">NotFound or Ambiguous.</exception>
    public string FindId(string nameOrId) => services.Store.FindId(nameOrId);

    /// <summary>Sends a signal to a running container's first process.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="signal">The signal's number.</param>
    /// <exception cref="EngineException">NotRunning.</exception>
    public void Signal(string id, int signal) => end.Signal(id, signal);

    /// <summary>
    /// Asks a container to end, and kills it when it has not after a while. A container that is not running is left alone. Its restart policy starts it no more, until it is
    /// started: one that waits for that is ended at once.
    /// </summary>
    /// <param name="id">Its id.</param>
    /// <param name="signal">The signal; null for its own stop signal.</param>
    /// <param name="timeout">How long it may take before SIGKILL; null for the container's own, else the configuration's <c>runtime.stopTimeout</c>.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The ended container (removed already, where it was to be removed at its end).</returns>
    /// <exception cref="EngineException">NotFound, or Timeout where even SIGKILL did not end it.</exception>
    public ContainerSnapshot Stop(string id, int? signal, TimeSpan? timeout, CancellationToken cancellation = default) =>
        end.Stop(id, signal, timeout ?? StopTimeout(services.Store.Records.Read(id).Document?.Options), StopCause.User, cancellation);

    /// <summary>Stops a container as <see cref="Stop"/> does, if it is running, and starts it anew.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="signal">The signal; null for its own stop signal.</param>
    /// <param name="timeout">How long the end may take before SIGKILL; null for the configuration's <c>runtime.stopTimeout</c>.</param>
    /// <param name="cancellation">Ends the waiting; the container may then be stopped.</param>
    /// <returns>The container, in state Running (or already Exited).</returns>
    /// <exception cref="EngineException">As <see cref="Stop"/> and <see cref="Start"/>; Busy for one that is removed at its end.</exception>
    public ContainerSnapshot Restart(string id, int? signal, TimeSpan? timeout, CancellationToken cancellation = default)
    {
        ContainerSnapshot before = observer.Observe(id) ?? throw ContainerStore.NotFound(id);
        if (before is { State: ContainerState.Running, Options.RemoveOnExit: true })
        {
            throw new EngineException(
                EngineErrorReason.Busy, before.Name, $"The container '{before.Name}' is removed at its end (-Rm), so that it cannot be stopped and started anew.");
        }

        _ = Stop(id, signal, timeout, cancellation);
        return Start(id, cancellation);
    }

    /// <summary>Keeps all processes of a running container from running, those that it forks meanwhile too (cgroup freezer).</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellation">Ends the waiting for others that change the container.</param>
    /// <returns>The container.</returns>
    /// <exception cref="EngineException">NotFound, NotRunning, Busy (suspended already), NotSupported (no freezer), Timeout: then it runs on.</exception>
    public ContainerSnapshot Suspend(string id, CancellationToken cancellation = default) => change.Suspend(id, cancellation);

    /// <summary>Lets a suspended container go on.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellation">Ends the waiting for others that change the container.</param>
    /// <returns>The container.</returns>
    /// <exception cref="EngineException">NotFound, NotRunning, Busy (not suspended), Timeout.</exception>
    public ContainerSnapshot Resume(string id, CancellationToken cancellation = default) => change.Resume(id, cancellation);

    /// <summary>Gives a container another name, whether it runs or not.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="name">The new name.</param>
    /// <param name="cancellation">Ends the waiting for others that change the container.</param>
    /// <returns>The container.</returns>
    /// <exception cref="EngineException">NotFound, InvalidArgument, AlreadyExists.</exception>
    public ContainerSnapshot Rename(string id, string name, CancellationToken cancellation = default) => change.Rename(id, name, cancellation);

    /// <summary>
    /// Changes limits and restart policy of a container, whether it runs or not. Limits of a running one change at once, all or none; the document keeps them for its next
    /// starts.
    /// </summary>
    /// <param name="id">Its id.</param>
    /// <param name="changes">What is to be another way.</param>
    /// <param name="cancellation">Ends the waiting for others that change the container.</param>
    /// <returns>The container.</returns>
    /// <exception cref="EngineException">NotFound, InvalidArgument, Busy (more memory is in use), NotSupported (a controller is missing).</exception>
    public ContainerSnapshot Update(string id, ContainerChanges changes, CancellationToken cancellation = default) => update.Update(id, changes, cancellation);

    /// <summary>Waits until a container has ended.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The ended container.</returns>
    /// <exception cref="EngineException">Timeout, NotFound, or NotRunning where it was never started.</exception>
    public ContainerSnapshot Wait(string id, TimeSpan timeout, CancellationToken cancellation = default) => Wait(id, WaitCondition.Exited, timeout, cancellation);

    /// <summary>Waits until a container has come to a condition.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="condition">The condition.</param>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The container; of one that was removed, as it was seen last.</returns>
    /// <exception cref="EngineException">Timeout, NotFound, or NotRunning or Busy where it cannot come to the condition (any more).</exception>
    public ContainerSnapshot Wait(string id, WaitCondition condition, TimeSpan timeout, CancellationToken cancellation = default) =>
        wait.Wait([observer.Observe(id) ?? throw ContainerStore.NotFound(id)], condition, new WaitTime(timeout), whenImpossible: static _ => { }, cancellation);

    /// <summary>Waits until the first of some containers has come to a condition.</summary>
    /// <param name="containers">The containers, at least one, as they were seen.</param>
    /// <param name="condition">The condition.</param>
    /// <param name="time">How long to wait; several waits may share it.</param>
    /// <param name="whenImpossible">Told, on this thread, of each that cannot come to it any more, while others still can.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>That container.</returns>
    /// <exception cref="EngineException">As for one; of the last one that could not come to it.</exception>
    public ContainerSnapshot WaitAny(
        IReadOnlyList<ContainerSnapshot> containers, WaitCondition condition, WaitTime time, Action<EngineException> whenImpossible, CancellationToken cancellation = default) =>
        wait.Wait(containers, condition, time, whenImpossible, cancellation);

    /// <summary>Removes a container and everything it holds.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="force">Whether a running one is killed first instead of refused.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="EngineException">NotFound, or Busy where it is running.</exception>
    public void Remove(string id, bool force, CancellationToken cancellation = default) => removal.Remove(id, force, cancellation);

    /// <summary>
    /// Does what a monitor hands over at a container's end: removes one that is to be removed, where no session has, and starts one again that has a restart policy, after
    /// the wait that the policy's back-off asks for. The process that does it may be ended at any time.
    /// </summary>
    /// <param name="id">Its id.</param>
    public void Finish(string id) => restart.Finish(id);

    /// <summary>What this engine runs on and with.</summary>
    /// <returns>The facts.</returns>
    public EngineInfo GetInfo()
    {
        IReadOnlyList<ContainerSnapshot> containers = List();
        return new EngineInfo
        {
            Version = typeof(ContainerEngine).Assembly.GetName().Version?.ToString(3) ?? "0.0.0",
            KernelVersion = Files.ReadText(Files.CurrentFolder, "/proc/sys/kernel/osrelease")?.Trim() ?? string.Empty,
            Architecture = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
            CgroupVersion = services.Cgroups.Version.ToString(),
            CgroupControllers = services.Cgroups.Controllers,
            StateRoot = services.Roots.StateRoot,
            RuntimeRoot = services.Roots.RuntimeRoot,
            ConfigurationFile = services.Configuration.File,
            Containers = containers.Count,
            ContainersRunning = containers.Count(c => c.State == ContainerState.Running),
            Images = services.Images.List().Count,
            Processors = Environment.ProcessorCount,
            Memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        };
    }

    /// <summary>Closes what is held open. Containers are not touched.</summary>
    public void Dispose() => services.Dispose();
}
