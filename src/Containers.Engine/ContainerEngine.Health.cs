using Containers.Engine.Health;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine;

/// <content>Containers' health.</content>
public sealed partial class ContainerEngine
{
    /// <summary>
    /// Checks a running container's health now, and records the result as those of the checks that come by themselves. Where the container becomes unhealthy
    /// with it, what was asked for is done (<see cref="HealthOptions.OnFailure"/>) before this comes back; a restart only begins then, since it may wait.
    /// </summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellation">Ends the check; nothing is then recorded.</param>
    /// <returns>The result, and the container's health with it.</returns>
    /// <exception cref="EngineException">NotFound; NotSupported (it has no check); NotRunning, Busy (paused).</exception>
    public HealthReport CheckHealth(string id, CancellationToken cancellation = default)
    {
        (HealthReport report, RunningRecord? unhealthy) = new HealthProbe(services, exec).Check(id, cancellation);
        if (unhealthy is not null && services.Store.Records.Read(id).Document is { Health: { } check } document)
        {
            if (check.OnFailure == HealthFailureAction.Restart)
            {
                // Who starts it again may wait for that, and be ended by whoever stops it.
                services.RequireHandOver(document);
                services.RunDetached(ActionOn(id, unhealthy));
            }
            else
            {
                ActOnUnhealthy(id, unhealthy.Pid, unhealthy.PidStart, cancellation);
            }
        }

        return report;
    }

    /// <summary>
    /// As <see cref="CheckHealth"/>, for the monitor's child, which ends with the container: what is to be done with an unhealthy one is left to a process of
    /// its own, <c>containers unhealthy ID PID START</c>.
    /// </summary>
    /// <param name="id">The container's id.</param>
    /// <returns>Whether the check has succeeded; false too where there was nothing to check.</returns>
    public bool Probe(string id)
    {
        try
        {
            (HealthReport report, RunningRecord? unhealthy) = new HealthProbe(services, exec).Check(id, CancellationToken.None);
            if (unhealthy is not null && services.Store.Records.Read(id).Document?.Health?.OnFailure is not (null or HealthFailureAction.None))
            {
                // It outlives the container, whose end is the probe's.
                using FileDescriptor self = Files.Open(Files.CurrentFolder, "/proc/self/exe", LibC.O_PATH);
                _ = Spawn.StartDetached(self, ActionOn(id, unhealthy), services.Surroundings());
            }

            return report.Result.IsSuccess;
        }
        catch (EngineException e) when (e.Reason is EngineErrorReason.Busy or EngineErrorReason.NotRunning or EngineErrorReason.NotFound)
        {
            // It is paused, or has ended.
            return false;
        }
    }

    /// <summary>Does what was asked for with a container that has become unhealthy, if it is still living that life.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="pid">The first process of that life.</param>
    /// <param name="pidStart">Its start time.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="EngineException">As <see cref="Stop"/> and <see cref="Restart"/>.</exception>
    public void ActOnUnhealthy(string id, int pid, long pidStart, CancellationToken cancellation = default)
    {
        ContainerRecords records = services.Store.Records.Read(id);
        if (records is not { Document.Health: { } check, Running: { } life, IsRunning: true } || (life.Pid, life.PidStart) != (pid, pidStart))
        {
            return;
        }

        if (services.Store.Records.IsStopped(id))
        {
            // By the user, while it takes its time to end: it is to stay so.
            return;
        }

        switch (check.OnFailure)
        {
            case HealthFailureAction.Kill:
                end.Fail(id, ContainerObserver.FirstProcess(life));
                break;
            case HealthFailureAction.Stop:
                _ = end.Stop(id, signal: null, StopTimeout(records.Document.Options), StopCause.User, cancellation, ContainerObserver.FirstProcess(life));
                break;
            case HealthFailureAction.Restart:
                restart.SetOut(id, ContainerObserver.FirstProcess(life), cancellation);
                _ = end.Stop(id, signal: null, StopTimeout(records.Document.Options), StopCause.Health, cancellation, ContainerObserver.FirstProcess(life));
                restart.StartAfter(id, ContainerObserver.FirstProcess(life));
                break;
            default:
                break;
        }
    }

    private static string[] ActionOn(string id, RunningRecord life) => ["containers", "unhealthy", id, $"{life.Pid}", $"{life.PidStart}"];
}
