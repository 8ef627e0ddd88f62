using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Images;

/// <content>Looking at what there is.</content>
public sealed partial class ImageStore
{
    /// <summary>How an image came to be.</summary>
    /// <param name="nameOrId">A name or the beginning of an id.</param>
    /// <returns>Its steps, newest first; none for the built-in image.</returns>
    /// <exception cref="EngineException">As <see cref="Get"/>.</exception>
    public IReadOnlyList<ImageHistoryEntry> GetHistory(string nameOrId)
    {
        ImageInfo image = Get(nameOrId);
        return image.IsBuiltIn ? []
            : ImageHistoryEntry.Join(layout.ReadDocument(image.Id, OciJson.Default.OciImage).History ?? [], image.Layers, layer => layers.TryRead(layer)?.Size ?? 0);
    }

    /// <summary>Checks every document and blob of an image.</summary>
    /// <param name="nameOrId">A name or the beginning of an id; also of an image that is damaged.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="EngineException">NotFound, Ambiguous, InvalidArgument, Canceled.</exception>
    public ImageCheck Test(string nameOrId, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(nameOrId);
        if (ImageQuery.IsHost(nameOrId))
        {
            return new ImageCheck(Host, [], 0, 0);
        }

        try
        {
            return new ImageVerification(layout, layers, limits, cancellation).Check(ImageQuery.Find(ReadCatalog(), nameOrId).Images[0]);
        }
        catch (OperationCanceledException canceled)
        {
            throw new EngineException(EngineErrorReason.Canceled, nameOrId, $"The check of '{nameOrId}' was cancelled.", canceled);
        }
    }

    /// <summary>All unpacked layers, with who has them.</summary>
    /// <returns>The layers, by chain id.</returns>
    public IReadOnlyList<LayerInfo> ListLayers()
    {
        StoreSurvey survey = Survey();
        var parents = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (IReadOnlyList<string> chain in survey.Images.Select(image => image.Info.Layers).Concat(survey.Uses.Select(use => use.Layers)))
        {
            for (int i = 1; i < chain.Count; i++)
            {
                parents[chain[i]] = chain[i - 1];
            }
        }

        return
        [
            .. survey.Layers.Where(layer => layer.Value is not null).OrderBy(layer => layer.Key, StringComparer.Ordinal).Select(layer => new LayerInfo
            {
                ChainId = layer.Key,
                DiffId = layer.Value!.DiffId,
                Parent = parents.GetValueOrDefault(layer.Key),
                Size = layer.Value.Size,
                Entries = layer.Value.Entries,
                Blob = layer.Value.Blob?.Digest,
                BlobSize = layer.Value.Blob?.Size ?? 0,
                Folder = $"{layersPath}/{Digest.Hex(layer.Key)}/{LayerStore.FilesName}",
                Images = [.. survey.Images.Where(image => image.Info.Layers.Contains(layer.Key)).Select(image => image.Info.Name ?? image.Info.Id)],
                Containers = [.. survey.Uses.Where(use => use.Layers.Contains(layer.Key)).Select(use => use.ContainerName)],
            }),
        ];
    }

    /// <summary>What the store holds.</summary>
    /// <returns>The holdings, of one moment.</returns>
    internal StoreSurvey Survey()
    {
        try
        {
            using (Lock())
            {
                return new StoreSurvey(
                    catalog.Read(), uses(), layers.ReadAll(), layout.ReadBlobSizes(), staging.ReadKept().Select(hex => Digest.Prefix + hex).ToHashSet(StringComparer.Ordinal));
            }
        }
        catch (KernelException failure)
        {
            throw Storage("images", "Reading the image store", failure);
        }
    }

    /// <summary>Bytes that dead processes left half made.</summary>
    /// <returns>Bytes on disk.</returns>
    internal long SizeOfAbandoned()
    {
        using (Lock())
        {
            return staging.SizeOfAbandoned();
        }
    }
}
