using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <summary>Starts kept containers: at the user's word, by their restart policy after an end, and by it after the machine's start.</summary>
/// <param name="services">The engine's.</param>
/// <param name="observer">Tells states.</param>
/// <param name="start">Starts.</param>
/// <param name="removal">Tells of lost lives, and removes.</param>
/// <param name="waiting">The waiting that a start takes over from.</param>
internal sealed class ContainerRestart(EngineServices services, ContainerObserver observer, ContainerStart start, ContainerRemoval removal, RestartWaiting waiting)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Starts a container at the user's word: its restarts are counted anew, and who waits to start it does so no more. A running one is left alone.</summary>
    public ContainerSnapshot Start(string id, CancellationToken cancellation)
    {
        using ContainerLock held = services.Store.Lock(id, cancellation);
        ContainerSnapshot snapshot = observer.Observe(id) ?? throw ContainerStore.NotFound(id);
        if (snapshot.State == ContainerState.Running)
        {
            return snapshot;
        }

        Begin(held, attach: false, withInput: false, cancellation).Link.Dispose();
        return observer.Observe(id) ?? snapshot with { State = ContainerState.Exited };
    }

    /// <summary>As <see cref="Start"/>, attached to this session.</summary>
    /// <param name="id">The container.</param>
    /// <param name="withInput">Whether the session feeds standard input.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <returns>The container, and the link to its monitor.</returns>
    public (ContainerDocument Document, MonitorLink Link) StartAttached(string id, bool withInput, CancellationToken cancellation)
    {
        using ContainerLock held = services.Store.Lock(id, cancellation);
        ContainerSnapshot snapshot = observer.Observe(id) ?? throw ContainerStore.NotFound(id);
        return snapshot.State == ContainerState.Running
            ? throw new EngineException(
                EngineErrorReason.Busy, snapshot.Name, $"The container '{snapshot.Name}' is running already. Attach to it: Connect-Container {snapshot.Name}")
            : Begin(held, attach: true, withInput, cancellation);
    }

    /// <summary>Starts a container that is not running, at the user's word.</summary>
    private (ContainerDocument Document, MonitorLink Link) Begin(ContainerLock held, bool attach, bool withInput, CancellationToken cancellation)
    {
        string id = held.Id;
        ContainerRecords before = services.Store.Records.Read(id);
        ContainerDocument document = before.Document ?? throw new EngineException(
            EngineErrorReason.Busy, id, $"The container '{id[..12]}' was never made whole, as its session died. Remove it: Remove-Container {id[..12]}");
        if (before.Restart is not null)
        {
            waiting.End(held);
            Forget(document);
        }

        return (document, Begin(before, held, isByWaiter: false, attach, withInput, cancellation));
    }

    /// <summary>Becomes the one who starts a container again that is about to be ended for its health, so that it is seen as restarting from its end on.</summary>
    /// <param name="id">The container.</param>
    /// <param name="life">The first process of the life that is to be ended.</param>
    /// <param name="cancellation">Ends the waiting for the container's lock.</param>
    public void SetOut(string id, ProcessIdentity life, CancellationToken cancellation)
    {
        using ContainerLock held = services.Store.Lock(id, cancellation);
        ContainerRecords records = services.Store.Records.Read(id);
        if (records.IsRunning && IsWanted(records, life))
        {
            services.Store.Records.Write(records.Document!, records.Restart! with { Waiter = WaiterRecord.Current() });
        }
    }

    /// <summary>
    /// Starts a container again that was ended for its health, with the waits and the counting of restarts by policy, unless the user has stopped it meanwhile, or somebody
    /// has started it. The process that does it may be ended at any time.
    /// </summary>
    /// <param name="id">The container.</param>
    /// <param name="life">The first process of the life that was ended.</param>
    public void StartAfter(string id, ProcessIdentity life) => CarryOut(id, life);

    /// <summary>What a monitor hands over at a container's end: removes one that is to go, and starts one again that has a restart policy.</summary>
    /// <param name="id">The container.</param>
    public void Finish(string id)
    {
        if (observer.Observe(id) is not { State: not ContainerState.Running } ended)
        {
            return;
        }

        if (ended.Options.RestartPolicy.Mode == RestartMode.No)
        {
            removal.Release(id, ended: null, ended.Options.RemoveOnExit, hasLeftCgroups: null);
            return;
        }

        if (ended.Options.PidNamespace is not null)
        {
            // Processes that outlived the first one, where its monitor could not kill them.
            removal.Release(id, ended: null, isRemoved: false, hasLeftCgroups: null);
        }

        CarryOut(id, unhealthy: null);
    }

    private void CarryOut(string id, ProcessIdentity? unhealthy)
    {
        try
        {
            for (TimeSpan again = ShortestPause; !TryCarryOut(id, unhealthy); again = again < LongestPause ? again * 2 : again)
            {
                // The disk is full, as a rule: what it is full of may go.
                Thread.Sleep(again);
            }
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.NotFound)
        {
            // It was removed meanwhile.
        }
    }

    /// <summary>Waits and starts as the policy says, or as the health of the life that has ended asks for.</summary>
    /// <returns>False where the records cannot be written.</returns>
    private bool TryCarryOut(string id, ProcessIdentity? unhealthy)
    {
        try
        {
            while (TryBeginWaiting(id, unhealthy, out TimeSpan delay))
            {
                Thread.Sleep(delay);
                if (TryStartAgain(id, unhealthy))
                {
                    break;
                }
            }

            return true;
        }
        catch (Exception e) when (e is KernelException or IOException or EngineException { Reason: EngineErrorReason.Storage })
        {
            return false;
        }
    }

    /// <summary>Whether a container is one that is started after the machine's start.</summary>
    /// <param name="id">The container.</param>
    public bool IsForStartup(string id) => observer.Observe(id) is { State: ContainerState.Exited } snapshot && IsForStartup(snapshot, services.Store.Records.Read(id));

    /// <summary>Starts a container again after the machine's start.</summary>
    /// <returns>The container; null where its policy does not say so (any more).</returns>
    public ContainerSnapshot? StartByPolicy(string id, CancellationToken cancellation)
    {
        using ContainerLock held = services.Store.Lock(id, cancellation);
        ContainerRecords before = services.Store.Records.Read(id);
        if (before is not { Document: { } document, Restart: { } restart } || observer.Observe(id) is not { } snapshot || !IsForStartup(snapshot, before))
        {
            return null;
        }

        services.Store.Records.Write(document, new RestartRecord { Count = restart.Count });
        try
        {
            Begin(before, held, isByWaiter: false, attach: false, withInput: false, cancellation).Dispose();
        }
        catch (EngineException failure)
        {
            services.Store.Records.Write(document, new RestartRecord { Count = restart.Count, Error = failure.Message });
            throw;
        }

        return observer.Observe(id);
    }

    /// <summary>Gives a container another restart policy, whether it runs or not.</summary>
    /// <param name="held">Its lock.</param>
    /// <param name="document">Its document.</param>
    /// <param name="policy">The policy.</param>
    /// <returns>The new document, which is written.</returns>
    public ContainerDocument Apply(ContainerLock held, ContainerDocument document, RestartPolicy policy)
    {
        ContainerDocument changed = document with { Options = document.Options with { RestartPolicy = policy } };
        if (policy.Mode == RestartMode.No)
        {
            waiting.End(held);
            services.Store.Records.Write(changed);
            services.Store.Records.ForgetRestarts(document.Id);
            return changed;
        }

        services.RequireHandOver(document);
        if (document.Options.RestartPolicy.Mode == RestartMode.No)
        {
            // Before the document: a policy without the record would never be carried out.
            services.Store.Records.Write(changed, new RestartRecord());
        }

        services.Store.Records.Write(changed);
        return changed;
    }

    private static bool IsForStartup(ContainerSnapshot snapshot, ContainerRecords records) =>
        snapshot.State == ContainerState.Exited && records is { Document: { } document, Restart: { } restart } && document.Options.RestartPolicy switch
        {
            { Mode: RestartMode.Always } => true,
            var policy => records.Stopped != StopCause.User && policy.Wants(snapshot.ExitCode, restart.Count),
        };

    /// <summary>
    /// Whether a container is to be started again. One that was ended for its health has failed, whatever its exit code is, and is started without a policy too; not where
    /// somebody has started it since that life.
    /// </summary>
    private static bool IsWanted(ContainerRecords records, ProcessIdentity? unhealthy)
    {
        if (records is not { Document: { } document, Restart: { } restart, Stopped: null })
        {
            return false;
        }

        RestartPolicy policy = document.Options.RestartPolicy;
        return unhealthy is not { } life ? policy.Wants(records.Exit?.ExitCode, restart.Count)
            : (records.Running is not { } last || ContainerObserver.FirstProcess(last) == life) && (policy.Mode == RestartMode.No || policy.Wants(exitCode: null, restart.Count));
    }

    /// <summary>Becomes the one who starts a container again, where that is wanted and nobody else is.</summary>
    private bool TryBeginWaiting(string id, ProcessIdentity? unhealthy, out TimeSpan delay)
    {
        using ContainerLock held = services.Store.Lock(id, CancellationToken.None);
        ContainerRecords records = services.Store.Records.Read(id);
        delay = default;
        if (records is not { Document: { } document, Restart: { } restart } || records.IsRunning || (records.IsAwaited && !IsMine(restart)) || !IsWanted(records, unhealthy))
        {
            return false;
        }

        delay = TimeSpan.FromMilliseconds(restart.NextDelay(records.Exit));
        services.Store.Records.Write(document, restart with
        {
            Delay = (int)delay.TotalMilliseconds,
            NextStart = ((DateTimeOffset.UtcNow + delay) - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick,
            Waiter = WaiterRecord.Current(),
        });
        return true;
    }

    /// <summary>Starts a container whose time has come.</summary>
    /// <returns>False where that failed, and its policy is to be asked once more.</returns>
    private bool TryStartAgain(string id, ProcessIdentity? unhealthy)
    {
        using ContainerLock held = services.Store.Lock(id, CancellationToken.None);
        ContainerRecords records = services.Store.Records.Read(id);
        if (records is not { Document: { } document, Restart: { } restart } || !IsMine(restart) || records.IsRunning || !IsWanted(records, unhealthy))
        {
            return true;
        }

        // Counted before, so that the life never shows without: it may end before this returns.
        restart = restart with { Count = restart.Count + 1, NextStart = null };
        services.Store.Records.Write(document, restart);
        try
        {
            Begin(records, held, isByWaiter: true, attach: false, withInput: false, CancellationToken.None).Dispose();
        }
        catch (Exception failure) when (failure is EngineException or KernelException or IOException)
        {
            services.Store.Records.Write(document, restart with { Error = failure.Message });
            return false;
        }

        services.Store.Records.Write(document, restart with { Waiter = null, Error = null });
        return true;
    }

    /// <summary>Starts a container that the caller has locked; where that fails, it is left as it had ended.</summary>
    /// <param name="before">What is known of it.</param>
    /// <param name="held">Its lock.</param>
    /// <param name="isByWaiter">
    /// Whether nobody has asked for it. Then a mark that it was stopped, set just now, stays, so that who has set it stops this life too.
    /// </param>
    /// <param name="attach">Whether the session gets the output.</param>
    /// <param name="withInput">Whether the session feeds standard input.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <returns>The link to its monitor.</returns>
    private MonitorLink Begin(ContainerRecords before, ContainerLock held, bool isByWaiter, bool attach, bool withInput, CancellationToken cancellation)
    {
        ContainerDocument document = before.Document!;
        ContainerOptions options = document.Options;
        if (options.RemoveOnExit || options.RestartPolicy.Mode != RestartMode.No)
        {
            services.RequireHandOver(document);
        }

        if (options.RemoveOnExit)
        {
            services.Store.RemakeWorkFolder(held.Id);
        }

        removal.TellLost(before);
        bool wasStopped = !isByWaiter && services.Store.Records.ClearStopped(held.Id);
        try
        {
            return start.Start(document, held, attach, withInput, cancellation);
        }
        catch
        {
            services.Store.Records.Restore(before);
            if (wasStopped)
            {
                services.Store.Records.MarkStopped(held.Id, before.Stopped ?? StopCause.User);
            }

            throw;
        }
    }

    /// <summary>Counts anew. The file is there from the beginning where there is a policy, which the monitor sees by it; else from the first restart on.</summary>
    private void Forget(ContainerDocument document)
    {
        if (document.Options.RestartPolicy.Mode == RestartMode.No)
        {
            services.Store.Records.ForgetRestarts(document.Id);
        }
        else
        {
            services.Store.Records.Write(document, new RestartRecord());
        }
    }

    private static bool IsMine(RestartRecord restart) => restart.Waiter == WaiterRecord.Current();
}
