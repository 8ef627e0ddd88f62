using Containers.Engine.Images;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Maintenance;

/// <summary>Measures and clears what the engine keeps on disk.</summary>
/// <param name="services">The engine's parts.</param>
/// <param name="observer">Tells the containers' states.</param>
/// <param name="removal">Removes containers.</param>
internal sealed class StorageCare(EngineServices services, ContainerObserver observer, ContainerRemoval removal)
{
    /// <summary>What everything takes.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>One record for each kind.</returns>
    public IReadOnlyList<StorageUsage> Measure(CancellationToken cancellation)
    {
        StoreSurvey survey = services.Images.Survey();
        StoredImage[] unused = [.. survey.Images.Where(image => !survey.IsUsed(image))];
        var containers = Containers().Select(container => (container.State, Size: SizeOf(container.Id, cancellation))).ToList();
        long leftovers = survey.SizeOfOrphans() + services.Images.SizeOfAbandoned();
        return
        [
            new StorageUsage(
                StorageKind.Container,
                containers.Count,
                containers.Count(one => one.State == ContainerState.Running),
                containers.Sum(one => one.Size),
                containers.Where(one => one.State != ContainerState.Running).Sum(one => one.Size)),
            new StorageUsage(
                StorageKind.Image,
                survey.Images.Select(image => image.Info.Id).Distinct(StringComparer.Ordinal).Count(),
                survey.Images.Where(survey.IsUsed).Select(image => image.Info.Id).Distinct(StringComparer.Ordinal).Count(),
                survey.SizeOf(survey.Images),
                survey.SizeOnlyOf(unused)),
            new StorageUsage(StorageKind.Leftover, leftovers > 0 ? 1 : 0, 0, leftovers, leftovers),
        ];
    }

    /// <summary>What could be cleared.</summary>
    /// <param name="scope">What is asked for.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Containers first, since images become free with them; then images; then leftovers.</returns>
    public IReadOnlyList<ClearableItem> Find(ClearingScope scope, CancellationToken cancellation)
    {
        var found = new List<ClearableItem>();
        if (scope.Kinds.Contains(StorageKind.Container))
        {
            found.AddRange(Containers()
                .Where(container => container.State is ContainerState.Exited or ContainerState.Created && IsBefore(scope, container.FinishedAt ?? container.CreatedAt))
                .Select(container => new ClearableItem(StorageKind.Container, container.Id, container.Name, SizeOf(container.Id, cancellation))));
        }

        StoreSurvey survey = services.Images.Survey();
        if (scope.Kinds.Contains(StorageKind.Image))
        {
            found.AddRange(survey.Images
                .Where(image => IsFree(survey, image, found, scope) && IsBefore(scope, image.Info.CreatedAt))
                .DistinctBy(image => image.Info.Name ?? image.Info.Id)
                .Select(image => new ClearableItem(StorageKind.Image, image.Info.Id, image.Info.Name, survey.SizeOnlyOf([.. survey.Images.Where(other => other.Info.Id == image.Info.Id)]))));
        }

        long leftovers = survey.SizeOfOrphans() + services.Images.SizeOfAbandoned();
        if (scope.Kinds.Contains(StorageKind.Leftover) && leftovers > 0)
        {
            found.Add(new ClearableItem(StorageKind.Leftover, string.Empty, null, leftovers));
        }

        return found;
    }

    /// <summary>Clears one item. One that is in use since is refused, one that is gone since is no error.</summary>
    /// <param name="item">The item.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="EngineException">Busy, Storage.</exception>
    public void Clear(ClearableItem item, CancellationToken cancellation)
    {
        try
        {
            switch (item.Kind)
            {
                case StorageKind.Container:
                    removal.Remove(item.Id, force: false, cancellation);
                    break;
                case StorageKind.Image:
                    services.Images.Remove(item.Name ?? item.Id, force: item.Name is null, images => IsStillThere(images, item));
                    break;
                default:
                    services.Images.Sweep();
                    break;
            }
        }
        catch (EngineException gone) when (gone.Reason == EngineErrorReason.NotFound)
        {
            // Another session was faster.
        }
    }

    // Minutes may lie between the finding and the clearing: another session may have named the image, or given its name to another.
    private static bool IsStillThere(IReadOnlyList<StoredImage> images, ClearableItem item) =>
        images.Any(image => image.Info.Id == item.Id && image.Info.Name == item.Name)
        && (item.Name is not null || !images.Any(image => image.Info.Id == item.Id && image.Info.Name is not null));

    private static bool IsBefore(ClearingScope scope, DateTimeOffset? moment) => scope.Before is not { } limit || moment is not { } known || known < limit;

    private static bool IsFree(StoreSurvey survey, StoredImage image, List<ClearableItem> going, ClearingScope scope)
    {
        bool isNamed = survey.Images.Any(other => other.Info.Id == image.Info.Id && other.Info.Name is not null);
        return (scope.AllImages ? image.Info.Name is not null || !isNamed : !isNamed)
            && !survey.Uses.Any(use => use.ImageId == image.Info.Id && !going.Exists(item => item.Name == use.ContainerName));
    }

    private IEnumerable<ContainerSnapshot> Containers() => services.Store.Ids().Select(observer.Observe).OfType<ContainerSnapshot>();

    private long SizeOf(string id, CancellationToken cancellation)
    {
        using FileDescriptor? folder = services.Store.OpenStateFolder(id);
        return folder is null ? 0 : FolderUsage.Measure(folder, cancellation);
    }
}
