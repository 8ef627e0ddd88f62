using Containers.Engine.Cgroups;
using Containers.Engine.Events;
using Containers.Engine.Layers;
using Containers.Engine.Measuring;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <summary>Changes what was asked of containers that are there: of a living one its cgroup and its document, all or nothing; of another one its document.</summary>
/// <param name="services">The engine's.</param>
/// <param name="observer">Tells states.</param>
/// <param name="restart">Changes restart policies.</param>
internal sealed class ContainerUpdate(EngineServices services, ContainerObserver observer, ContainerRestart restart)
{
    /// <summary>Changes a container.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="changes">What is to be another way.</param>
    /// <param name="cancellation">Ends the waiting for others that change the container.</param>
    /// <returns>The container.</returns>
    public ContainerSnapshot Update(string id, ContainerChanges changes, CancellationToken cancellation)
    {
        CgroupManager.Validate(changes.Limits);
        using ContainerLock held = services.Store.Lock(id, cancellation);
        ContainerDocument document = services.Store.Records.Read(id).Document ?? throw ContainerStore.NotFound(id);
        if (changes.RestartPolicy is { } asked)
        {
            ContainerOptionsCheck.Check(asked, document.Options.RemoveOnExit);
        }

        ContainerDocument changed = document with { Options = document.Options with { Limits = Merge(document.Options.Limits, changes) } };
        SavedLimits? saved = observer.Observe(id)?.State == ContainerState.Running ? ApplyToLiving(document, changes) : null;
        try
        {
            if (changes.RestartPolicy is { } policy)
            {
                changed = restart.Apply(held, changed, policy);
            }
            else
            {
                services.Store.Records.Write(changed);
            }
        }
        catch
        {
            saved?.Restore();
            throw;
        }

        services.Events.Write(EventAction.Update, changed);
        return observer.Observe(id) ?? throw ContainerStore.NotFound(id);
    }

    private static ResourceLimits Merge(ResourceLimits before, ContainerChanges changes) => new()
    {
        Memory = changes.Limits.Memory ?? (changes.LiftMemory ? null : before.Memory),
        Cpus = changes.Limits.Cpus ?? (changes.LiftCpus ? null : before.Cpus),
        PidsLimit = changes.Limits.PidsLimit ?? (changes.LiftPidsLimit ? null : before.PidsLimit),
    };

    private SavedLimits? ApplyToLiving(ContainerDocument document, ContainerChanges changes)
    {
        ResourceLimits limits = changes.Limits;
        string[] lifted =
        [
            .. changes.LiftMemory && limits.Memory is null ? ["memory"] : Array.Empty<string>(),
            .. changes.LiftCpus && limits.Cpus is null ? ["cpu"] : Array.Empty<string>(),
            .. changes.LiftPidsLimit && limits.PidsLimit is null ? ["pids"] : Array.Empty<string>(),
        ];
        using ContainerCgroup? cgroup = services.Cgroups.Open(document.Id);
        try
        {
            return cgroup?.SetLimits(limits, lifted);
        }
        catch (EngineException) when (observer.Observe(document.Id)?.State != ContainerState.Running)
        {
            // It ended meanwhile, and its cgroup with it: the document is what is left to change.
            return null;
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Busy && limits.Memory is { } asked && CgroupUsage.Memory(cgroup!) is { } used)
        {
            throw new EngineException(
                e.Reason, document.Name,
                $"The container '{document.Name}' uses {ByteCount.Show(used)} of memory, which does not fit into {ByteCount.Show(asked)}: its limits are left as they were. "
                + $"Give it more, end what takes it (Get-ContainerProcess {document.Name} shows how much each process holds), or stop the container first: Stop-Container {document.Name}",
                e);
        }
        catch (EngineException e)
        {
            throw new EngineException(e.Reason, document.Name, $"The limits of the container '{document.Name}' are left as they were. {e.Message}", e);
        }
    }
}
