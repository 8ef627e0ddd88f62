using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Runtime;

/// <summary>
/// The waiting for a container's next start by its restart policy. The process that waits does nothing to the container but under its lock: whoever holds the lock may
/// end it at any time.
/// </summary>
/// <param name="services">The engine's.</param>
internal sealed class RestartWaiting(EngineServices services)
{
    /// <summary>Ends the waiting of a container that has been marked as stopped.</summary>
    /// <param name="id">The container.</param>
    /// <param name="cancellation">Ends the waiting for its lock.</param>
    /// <returns>True where it was started by its policy after all, just as it was marked: that life is to be stopped too.</returns>
    public bool End(string id, CancellationToken cancellation)
    {
        try
        {
            using ContainerLock held = services.Store.Lock(id, cancellation);
            ContainerRecords records = services.Store.Records.Read(id);
            if (records.IsRunning)
            {
                // The user's own start would have taken the mark away.
                return records.Stopped is not null;
            }

            End(held);
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.NotFound)
        {
            // Another session removed it meanwhile.
        }

        return false;
    }

    /// <summary>Ends the waiting of a container that the caller has locked, if there is any.</summary>
    public void End(ContainerLock held)
    {
        if (services.Store.Records.Read(held.Id) is not { Document: { } document, Restart: { Waiter: { } waiter } restart })
        {
            return;
        }

        if (waiter != WaiterRecord.Current())
        {
            using FileDescriptor? process = waiter.ToIdentity().TryOpen();
            if (process is not null)
            {
                _ = Pidfd.TrySignal(process, LibC.SIGKILL);
            }
        }

        services.Store.Records.Write(document, restart with { Waiter = null, NextStart = null });
    }
}
