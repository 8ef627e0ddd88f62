namespace Containers.Engine.Images;

/// <summary>What removing a name or an image makes of the index.</summary>
/// <param name="Remaining">The index's new entries.</param>
/// <param name="Gone">The names that go.</param>
internal sealed record ImageRemoval(List<OciDescriptor> Remaining, IReadOnlyList<StoredImage> Gone)
{
    /// <summary>Whether the image goes with its names.</summary>
    public bool IsLast => !Remaining.Exists(entry => entry.Digest == Gone[0].Entry.Digest);

    /// <summary>Works out a removal.</summary>
    /// <param name="images">The images, in the index's order.</param>
    /// <param name="index">The index.</param>
    /// <param name="text">What is to be removed.</param>
    /// <param name="force">Whether containers that use it, or several names, do not stop it.</param>
    /// <param name="uses">What containers use.</param>
    /// <returns>The new entries.</returns>
    /// <exception cref="EngineException">NotFound, Ambiguous, InvalidArgument, Busy.</exception>
    public static ImageRemoval Plan(
        IReadOnlyList<StoredImage> images,
        OciIndex index,
        string text,
        bool force,
        IReadOnlyCollection<ImageUse> uses)
    {
        ImageQuery.Found found = ImageQuery.Find(images, text);
        StoredImage first = found.Images[0];
        if (found.IsById && !force && (found.Images.Count > 1 || found.IsElsewhere))
        {
            throw new EngineException(
                EngineErrorReason.Busy,
                text,
                $"The image {text} has {(found.Images.Count > 1 ? "several names" : "a name of its own")} ({ImageQuery.NamesOf(found)}). Remove {(found.Images.Count > 1 ? "them by name, or all with -Force" : "it by that name, or with -Force")}.");
        }

        string id = first.Info.Id;
        var goes = found.Images.Select(image => image.Entry).ToList();
        bool isLast = images.Count(image => image.Info.Id == id) == goes.Count;
        var users = uses.Where(use => use.ImageId == id).Select(use => use.ContainerName).Order(StringComparer.Ordinal).ToList();
        if (isLast && users.Count > 0 && (!force || first.Info.Name is null))
        {
            throw new EngineException(
                EngineErrorReason.Busy,
                text,
                $"The image '{first.Info.Name ?? id}' is in use by {string.Join(", ", users)}. Remove {(users.Count == 1 ? "that" : "them")} first"
                + (first.Info.Name is null ? "." : ", or use -Force: the image then loses its name and stays until they are gone."));
        }

        var remaining = index.Manifests.Where(entry => !goes.Exists(gone => IsSame(gone, entry))).ToList();
        if (isLast && users.Count > 0)
        {
            remaining.Add(first.Entry.WithName(null));
        }

        return new ImageRemoval(remaining, found.Images);
    }

    private static bool IsSame(OciDescriptor one, OciDescriptor other) => one.Digest == other.Digest && one.Name == other.Name;
}
