using Containers.Engine.Maintenance;

namespace Containers.Engine;

/// <content>What the engine keeps on disk: measured, cleared, mended.</content>
public sealed partial class ContainerEngine
{
    /// <summary>What containers, images and leftovers take on disk.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>One record for each kind.</returns>
    public IReadOnlyList<StorageUsage> MeasureStorage(CancellationToken cancellation = default) => care.Measure(cancellation);

    /// <summary>What could be cleared: stopped containers, images that no container is made of, leftovers.</summary>
    /// <param name="scope">What is asked for.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The items, in the order in which they are to be cleared.</returns>
    public IReadOnlyList<ClearableItem> FindClearable(ClearingScope scope, CancellationToken cancellation = default) => care.Find(scope, cancellation);

    /// <summary>Clears one item. What is in use since is refused; what is gone since is no error.</summary>
    /// <param name="item">The item.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="EngineException">Busy, Storage.</exception>
    public void Clear(ClearableItem item, CancellationToken cancellation = default) => care.Clear(item, cancellation);

    /// <summary>What dead sessions, a loss of power or a hand in the engine's folders left out of order. What other sessions are at work on is left out.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The findings, in the order in which they are to be mended.</returns>
    public IReadOnlyList<StorageFinding> FindStale(CancellationToken cancellation = default) => repair.Find(cancellation);

    /// <summary>Mends one finding, judged anew under the thing's lock.</summary>
    /// <param name="finding">The finding.</param>
    /// <param name="force">Whether that is done too that data goes with: a container whose document is damaged is removed, running or not.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>False where it was left alone: it is not so any more, another session is at it, or <paramref name="force"/> is needed.</returns>
    /// <exception cref="EngineException">Timeout for processes that do not end; Storage.</exception>
    public bool Mend(StorageFinding finding, bool force = false, CancellationToken cancellation = default) => repair.Mend(finding, force, cancellation);
}
