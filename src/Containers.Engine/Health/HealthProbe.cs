using Containers.Engine.Cgroups;
using Containers.Engine.Events;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Health;

/// <summary>Checks containers' health and records what was found.</summary>
/// <param name="services">The engine's.</param>
/// <param name="exec">Runs commands.</param>
internal sealed class HealthProbe(EngineServices services, ContainerExec exec)
{
    private const int KilledBySignal = 128 + 9;
    private static readonly TimeSpan PatienceWithEnd = TimeSpan.FromMilliseconds(500);

    private readonly HealthCommand command = new(exec);

    /// <summary>Makes a check now.</summary>
    /// <param name="id">The container.</param>
    /// <param name="cancellation">Ends it; nothing is then recorded.</param>
    /// <returns>What was found, and the life that has just become unhealthy with it; null where none has.</returns>
    /// <exception cref="EngineException">NotFound; NotSupported (no check); NotRunning (or ended meanwhile), Busy (paused).</exception>
    public (HealthReport Report, RunningRecord? Unhealthy) Check(string id, CancellationToken cancellation)
    {
        ContainerRecords records = services.Store.Records.ReadLaunched(id, cancellation);
        ContainerDocument document = records.Document ?? throw ContainerStore.NotFound(id);
        HealthCheck check = document.Health ?? throw new EngineException(
            EngineErrorReason.NotSupported, document.Name,
            $"The container '{document.Name}' has no health check. A container gets one where it is made: by its image, or New-Container -HealthCommand.");
        if (records.Running is not { } life || records.TryOpenFirstProcess() is not { } process)
        {
            throw Ended(document);
        }

        using (process)
        {
            TimeSpan age = ContainerObserver.FirstProcess(life).Age;
            HealthResult result = command.Run(id, check, cancellation);
            if (result.ExitCode == HealthCommand.NotRun && IsPaused(id))
            {
                // Suspended in the midst of it: who stands still is not unwell.
                throw new EngineException(EngineErrorReason.Busy, document.Name, $"The container '{document.Name}' was paused during the check, which says nothing about its health.");
            }

            // A container's end kills what runs in it, which says nothing about its health.
            TimeSpan patience = result.ExitCode == KilledBySignal ? PatienceWithEnd : TimeSpan.Zero;
            return Channels.WaitReadable(process, patience, cancellation) ? throw Ended(document) : Record(document, check, life, age, result);
        }
    }

    private bool IsPaused(string id)
    {
        using ContainerCgroup? cgroup = services.Cgroups.Open(id);
        return cgroup?.IsFrozen == true;
    }

    private static EngineException Ended(ContainerDocument document) => new(
        EngineErrorReason.NotRunning, document.Name, $"The container '{document.Name}' is not running, so that its health cannot be checked. Start it first: Start-Container {document.Name}");

    private (HealthReport Report, RunningRecord? Unhealthy) Record(ContainerDocument document, HealthCheck check, RunningRecord life, TimeSpan age, HealthResult result)
    {
        using FileDescriptor held = services.Store.Records.LockHealth(document.Id);
        HealthRecord before = services.Store.Records.ReadHealth(document, life);
        HealthRecord after = before.With(check, age, result);
        services.Store.Records.WriteHealth(document, after);
        bool isChanged = after.Status != before.Status;
        if (isChanged)
        {
            Tell(document, check, after);
        }

        return (new HealthReport(result, after.ToHealth()), isChanged && after.Status == HealthStatus.Unhealthy ? life : null);
    }

    /// <summary>Tells what the container has become, and what will be done with it, before that is done.</summary>
    private void Tell(ContainerDocument document, HealthCheck check, HealthRecord health)
    {
        bool isActedOn = health.Status == HealthStatus.Unhealthy && check.OnFailure != HealthFailureAction.None;
        (string Key, string Value)[] action = isActedOn ? [("onFailure", check.OnFailure.ToString().ToLowerInvariant())] : [];
        services.Events.Write(EventAction.HealthStatus, document, [("healthStatus", health.Status.ToString().ToLowerInvariant()), .. action]);
    }
}
