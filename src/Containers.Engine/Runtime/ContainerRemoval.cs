using Containers.Engine.Events;
using Containers.Engine.Storage;

namespace Containers.Engine.Runtime;

/// <summary>Removes containers, and does what a container's end leaves to do.</summary>
/// <param name="services">The engine's.</param>
/// <param name="observer">Tells states.</param>
/// <param name="start">Cleans up what starts left.</param>
/// <param name="end">Ends what still runs.</param>
/// <param name="waiting">Ends the waiting for starts by restart policy.</param>
internal sealed class ContainerRemoval(EngineServices services, ContainerObserver observer, ContainerStart start, ContainerEnd end, RestartWaiting waiting)
{
    /// <summary>Removes a container and everything it holds.</summary>
    public void Remove(string id, bool force, CancellationToken cancellation)
    {
        using ContainerLock held = services.Store.Lock(id, cancellation);
        Remove(held, force, cancellation);
    }

    /// <summary>As the other, where the caller has locked the container.</summary>
    public void Remove(ContainerLock held, bool force, CancellationToken cancellation)
    {
        string id = held.Id;
        ContainerSnapshot? snapshot = observer.Observe(id);
        if (snapshot?.State == ContainerState.Restarting)
        {
            if (!force)
            {
                throw new EngineException(
                    EngineErrorReason.Busy, snapshot.Name,
                    $"The container '{snapshot.Name}' is about to be started again. Stop it first (Stop-Container {snapshot.Name}), or remove it with -Force.");
            }

            waiting.End(held);
        }

        if (snapshot?.State == ContainerState.Running)
        {
            if (!force)
            {
                throw new EngineException(
                    EngineErrorReason.Busy, snapshot.Name,
                    $"The container '{snapshot.Name}' is running. Stop it first (Stop-Container {snapshot.Name}), or remove it with -Force.");
            }

            end.KillWithMonitor(snapshot, cancellation);
        }

        start.RemoveLeftCgroup(id);
        ContainerRecords last = snapshot is { State: not ContainerState.Creating } ? services.Store.Records.Read(id) : default;
        services.Store.Remove(held, last.Document?.Name);
        TellLost(last);
        TellRemoved(last);
    }

    /// <summary>Tells the end of a container whose monitor died before it could; for whoever is about to clear its records, so that it is told once.</summary>
    /// <param name="records">What is known of it.</param>
    public void TellLost(ContainerRecords records)
    {
        if (records is { Document: { } document, Exit: null, Running: { } running } && running.BootId == ProcessIdentity.CurrentBootId)
        {
            services.Events.Write(EventAction.Die, document, ("reason", nameof(StateReason.MonitorLost)));
        }
    }

    /// <summary>What a container's end leaves to do: cgroups that were nested, and the whole container where it is to go.</summary>
    /// <param name="id">The container.</param>
    /// <param name="ended">Its first process in the life that has ended; null where that is not known.</param>
    /// <param name="isRemoved">Whether it goes at its end.</param>
    /// <param name="hasLeftCgroups">
    /// Whether its monitor could not remove every cgroup. Asked late, since the monitor removes them meanwhile. Null: the monitor is lost, and the first
    /// process, which the kernel ends with it, may still be at its end.
    /// </param>
    public void Release(string id, ProcessIdentity? ended, bool isRemoved, Func<bool>? hasLeftCgroups)
    {
        if (!isRemoved && hasLeftCgroups?.Invoke() == false)
        {
            return;
        }

        try
        {
            using ContainerLock held = services.Store.Lock(id, CancellationToken.None);
            ContainerRecords records = services.Store.Records.Read(id);
            if (records.IsRunning && ContainerObserver.FirstProcess(records.Running!) != ended)
            {
                // Another session has started it anew: that life's own end will see to it.
                return;
            }

            if (!isRemoved || hasLeftCgroups is null)
            {
                start.RemoveLeftCgroup(id);
            }

            if (isRemoved)
            {
                if (hasLeftCgroups is null)
                {
                    TellLost(records);
                }

                services.Store.RemoveFiles(held, records.Document?.Name);
                if (hasLeftCgroups?.Invoke() == true)
                {
                    start.RemoveLeftCgroup(id);
                }

                services.Store.RemoveClaim(held);
                TellRemoved(records);
            }
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.NotFound)
        {
            // Another session removed it meanwhile.
        }
    }

    private void TellRemoved(ContainerRecords records)
    {
        if (records.Document is { } document)
        {
            services.Events.Write(EventAction.Remove, document);
        }
    }
}
