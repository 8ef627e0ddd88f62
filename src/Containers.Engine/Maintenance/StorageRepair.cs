using Containers.Engine.Cgroups;
using Containers.Engine.Namespaces;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;

namespace Containers.Engine.Maintenance;

/// <summary>
/// Finds what dead sessions, lost power and curious hands left out of order, and mends it. Other sessions may be at work: what they have locked is theirs, and
/// each thing is judged anew under its lock before it is touched.
/// </summary>
/// <param name="services">The engine's parts.</param>
/// <param name="observer">Tells the containers' states.</param>
/// <param name="start">Removes cgroups.</param>
/// <param name="removal">Removes containers.</param>
/// <param name="care">Finds and clears what interrupted work on images left.</param>
/// <param name="pins">The pinned namespaces.</param>
internal sealed class StorageRepair(
    EngineServices services, ContainerObserver observer, ContainerStart start, ContainerRemoval removal, StorageCare care, NamespacePins pins)
{
    private static readonly ClearingScope Leftovers = new() { Kinds = [StorageKind.Leftover] };

    private ContainerStore Store => services.Store;

    /// <summary>What is out of order.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The findings, in the order in which they are to be mended.</returns>
    public IReadOnlyList<StorageFinding> Find(CancellationToken cancellation)
    {
        services.RequireWholeStore();

        // Cgroups and names before the containers: what has none by the time they are asked for never gets it again.
        IReadOnlyCollection<string> marked = services.Cgroups.MarkedIds();
        IReadOnlyList<(string Name, string Id)> names = Store.Names.List();
        IReadOnlyCollection<string> ids = Store.Ids();
        var found = new List<StorageFinding>();
        foreach (string id in ids.Order(StringComparer.Ordinal))
        {
            cancellation.ThrowIfCancellationRequested();
            found.AddRange(JudgeUnlessBusy(id));
        }

        found.AddRange(marked.Where(id => !Store.Exists(id)).Select(JudgeCgroup).OfType<StorageFinding>());
        found.AddRange(names.Where(name => !Store.Exists(name.Id)).Select(name => new StorageFinding(FindingKind.Name, FindingProblem.WithoutContainer, name.Id, name.Name)));
        found.AddRange(services.ImageMounts.FindStale(services.Images).Select(mount => new StorageFinding(FindingKind.Mount, FindingProblem.Abandoned, string.Empty, mount)));
        found.AddRange(pins.FindStale(cancellation).Select(name => new StorageFinding(FindingKind.Namespace, FindingProblem.Abandoned, string.Empty, name)));
        if (!found.Exists(finding => finding.Problem == FindingProblem.Damaged))
        {
            // Which layers a damaged container needs is not known.
            found.AddRange(care.Find(Leftovers, cancellation)
                .Select(item => new StorageFinding(FindingKind.Leftover, FindingProblem.Abandoned, string.Empty, string.Empty) { Size = item.Size }));
        }

        return found;
    }

    /// <summary>Mends one finding.</summary>
    /// <param name="finding">The finding.</param>
    /// <param name="force">Whether that is done too that data goes with.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>False where it was left alone: it is not so any more, another session is at it, or <paramref name="force"/> is needed.</returns>
    /// <exception cref="EngineException">Timeout for processes that do not end; Storage.</exception>
    public bool Mend(StorageFinding finding, bool force, CancellationToken cancellation)
    {
        if (!finding.CanBeMended || (finding.NeedsForce && !force))
        {
            return false;
        }

        services.RequireWholeStore();

        try
        {
            return finding switch
            {
                { Kind: FindingKind.Mount } => services.ImageMounts.RemoveStale(services.Images, finding.Name),
                { Kind: FindingKind.Namespace } => pins.RemoveStale(finding.Name, cancellation),
                { Kind: FindingKind.Leftover } => MendLeftovers(cancellation),
                { Kind: FindingKind.Name, Problem: FindingProblem.WithoutContainer } => Store.Names.DropStale(finding.Name),
                { Kind: FindingKind.Cgroup, Problem: FindingProblem.WithoutContainer } => !Store.Exists(finding.Id) && start.RemoveLeftCgroup(finding.Id),
                _ => MendContainer(finding, cancellation),
            };
        }
        catch (EngineException gone) when (gone.Reason == EngineErrorReason.NotFound)
        {
            // Another session was faster.
            return false;
        }
    }

    private bool MendContainer(StorageFinding finding, CancellationToken cancellation)
    {
        // A kept container has no folder to lock after the machine was started anew: it is made again.
        using ContainerLock? held = Store.TryLockAnew(finding.Id);
        if (held is null || !Judge(finding.Id).Any(now => now.Kind == finding.Kind && now.Problem == finding.Problem && now.Name == finding.Name))
        {
            return false;
        }

        switch (finding)
        {
            case { Kind: FindingKind.Container }:
                removal.Remove(held, force: true, cancellation);
                return true;
            case { Kind: FindingKind.Cgroup }:
                return start.RemoveLeftCgroup(finding.Id);
            case { Problem: FindingProblem.Missing }:
                Store.Names.Claim(finding.Name, finding.Id);
                return true;
            default:
                Store.Names.GiveUp(finding.Name, finding.Id);
                return true;
        }
    }

    private bool MendLeftovers(CancellationToken cancellation)
    {
        IReadOnlyList<ClearableItem> items = care.Find(Leftovers, cancellation);
        foreach (ClearableItem item in items)
        {
            care.Clear(item, cancellation);
        }

        return items.Count > 0;
    }

    private IReadOnlyList<StorageFinding> JudgeUnlessBusy(string id)
    {
        IReadOnlyList<StorageFinding> found = Judge(id);
        if (found.Count == 0)
        {
            return found;
        }

        // Once more and for good where nobody changes it meanwhile.
        using ContainerLock? held = Store.TryLock(id);
        return held is null && Store.IsClaimed(id) ? [] : Judge(id);
    }

    private List<StorageFinding> Judge(string id)
    {
        var found = new List<StorageFinding>();
        if (Store.Records.IsDamaged(id))
        {
            found.Add(new StorageFinding(FindingKind.Container, FindingProblem.Damaged, id, NameOf(id)));
        }
        else if (Store.Records.Read(id) is not { Document: { } document } records)
        {
            if (Store.Exists(id))
            {
                found.Add(new StorageFinding(FindingKind.Container, FindingProblem.Incomplete, id, NameOf(id)));
            }
        }
        else if (observer.Observe(id) is { } container)
        {
            if (JudgeState(container, records) is { } problem)
            {
                found.Add(new StorageFinding(FindingKind.Container, problem, id, document.Name));
            }
            else
            {
                found.AddRange(container.State == ContainerState.Running ? [] : new[] { JudgeCgroup(id) }.OfType<StorageFinding>());
                found.AddRange(JudgeNames(id, document.Name));
            }
        }

        return found;
    }

    private FindingProblem? JudgeState(ContainerSnapshot container, ContainerRecords records) => container.State switch
    {
        ContainerState.Running => null,
        _ when !Store.HasStateFolder(container.Id) => FindingProblem.WithoutFiles,

        // As long as its monitor lives, or what that becomes, its end is being seen to.
        ContainerState.Exited when container.Options.RemoveOnExit && records.Running is { } running && !ContainerObserver.Monitor(running).IsAlive => FindingProblem.NotRemoved,
        _ => null,
    };

    private IEnumerable<StorageFinding> JudgeNames(string id, string name)
    {
        IReadOnlyList<(string Name, string Id)> names = Store.Names.List();
        string? holder = names.FirstOrDefault(one => one.Name == name).Id;
        if (holder != id)
        {
            FindingProblem problem = holder is null || !Store.Exists(holder) ? FindingProblem.Missing : FindingProblem.TakenByAnother;
            yield return new StorageFinding(FindingKind.Name, problem, id, name);
        }

        foreach ((string other, string _) in names.Where(one => one.Id == id && one.Name != name))
        {
            yield return new StorageFinding(FindingKind.Name, FindingProblem.Superfluous, id, other);
        }
    }

    private StorageFinding? JudgeCgroup(string id)
    {
        using ContainerCgroup? cgroup = services.Cgroups.Open(id);
        return cgroup is null ? null : new StorageFinding(
            FindingKind.Cgroup, Store.Exists(id) ? FindingProblem.NotRunning : FindingProblem.WithoutContainer, id, id[..12]) { Processes = cgroup.Processes().Count };
    }

    private string NameOf(string id) => Store.Names.List().FirstOrDefault(one => one.Id == id).Name ?? id[..12];
}
