using Containers.Engine.Layers;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Images;

/// <summary>
/// Takes images into the store, all or nothing: layers that are there are left, the others are received, verified and unpacked, several at once; then
/// everything is committed under the store's lock. What it relies on is kept from being collected meanwhile.
/// </summary>
/// <param name="layout">The layout.</param>
/// <param name="layers">The unpacked layers.</param>
/// <param name="staging">A folder of its own; stays the caller's.</param>
/// <param name="lockStore">Takes the store's lock.</param>
/// <param name="limits">The bounds of each layer.</param>
/// <param name="parallel">Layers at once. Each takes two threads, one that reads, hashes and decompresses and one that unpacks, and up to 3 MB.</param>
internal sealed class ImageIntake(ImageLayout layout, LayerStore layers, StagingFolder staging, Func<FileDescriptor> lockStore, ExtractionLimits limits, int parallel)
{
    private readonly List<LayerSlot> slots = [];

    /// <summary>Takes images in.</summary>
    /// <param name="images">The images.</param>
    /// <param name="progress">Told of each layer now and then; or null.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>For each image its entries in the index: one for each name, or a single one without.</returns>
    public IReadOnlyList<IReadOnlyList<OciDescriptor>> Run(IReadOnlyList<ImageOrigin> images, IProgress<LayerProgress>? progress, CancellationToken cancellation)
    {
        IReadOnlyList<LayerSlot>[] chains;
        using (lockStore())
        {
            var known = new Dictionary<(string Chain, string? Digest), LayerSlot>();
            chains = [.. images.Select(image => Plan(image, known))];
        }

        foreach (LayerSlot slot in slots)
        {
            LayerOrigin origin = slot.Origin;
            progress?.Report(slot.Taken is null
                ? new LayerProgress(origin.Name, LayerStage.Waiting, 0, origin.Size)
                : new LayerProgress(origin.Name, LayerStage.Existing, slot.Taken.Blob.Size, slot.Taken.Blob.Size));
        }

        LayerSlot[] missing = [.. slots.Where(slot => slot.Taken is null).OrderByDescending(slot => slot.Origin.Size ?? long.MaxValue)];
        ParallelWork.Run(missing, parallel, (slot, ending) => Stage(slot, progress, ending), cancellation);
        var documents = new ImageIntakeDocuments[images.Count];
        for (int i = 0; i < documents.Length; i++)
        {
            TakenLayer[] taken = [.. chains[i].Select(slot => slot.Taken!)];
            documents[i] = ImageIntakeDocuments.Check(images[i].Describe(taken), taken);
        }

        var adopted = Record(chains);
        FileContent.SyncFileSystem(staging.Descriptor, "the image's layers");
        cancellation.ThrowIfCancellationRequested();
        using (lockStore())
        {
            return Commit(images, documents, adopted);
        }
    }

    private LayerSlot[] Plan(ImageOrigin image, Dictionary<(string Chain, string? Digest), LayerSlot> known)
    {
        var result = new LayerSlot[image.Layers.Count];
        IReadOnlyList<string> chains = Digest.ChainIds([.. image.Layers.Select(layer => layer.DiffId).TakeWhile(diffId => diffId is not null)!]);
        for (int i = 0; i < result.Length; i++)
        {
            LayerOrigin origin = image.Layers[i];
            if (i < chains.Count)
            {
                string chain = chains[i];
                if (!known.TryGetValue((chain, origin.Digest), out LayerSlot? shared))
                {
                    shared = Add(origin);
                    known.Add((chain, origin.Digest), shared);
                    FindPresent(shared, chain);
                }

                result[i] = shared;
            }
            else
            {
                result[i] = Add(origin);
            }
        }

        return result;
    }

    private LayerSlot Add(LayerOrigin origin)
    {
        var slot = new LayerSlot(origin, slots.Count);
        slots.Add(slot);
        return slot;
    }

    private void FindPresent(LayerSlot slot, string chain)
    {
        LayerOrigin origin = slot.Origin;

        // Only the record of the unpacked layer proves that a blob holds what was unpacked.
        if (layers.TryRead(chain) is { Blob: { } blob } && layout.SizeOf(blob.Digest) == blob.Size
            && (origin.Digest is null || origin.Digest == blob.Digest) && (origin.Size is null || origin.Size == blob.Size))
        {
            staging.Keep(Digest.Hex(chain));
            staging.Keep(Digest.Hex(blob.Digest));
            slot.Taken = new TakenLayer(origin.DiffId!, blob);
        }
        else if (origin.Digest is not null && layout.SizeOf(origin.Digest) is { } there && (origin.Size is null || origin.Size == there))
        {
            staging.Keep(Digest.Hex(origin.Digest));
            slot.HasLocalBlob = true;
        }
    }

    private void Stage(LayerSlot slot, IProgress<LayerProgress>? progress, CancellationToken cancellation)
    {
        LayerOrigin origin = slot.Origin;
        ExtractionOptions options = (origin.IsRootFileSystem ? ExtractionOptions.RootFileSystem : ExtractionOptions.Layer) with
        {
            Limits = origin.IsOwn ? limits with { MaximumRatio = int.MaxValue } : limits,
        };
        try
        {
            Stage(slot, options, progress, cancellation);
        }
        catch (EngineException failure) when (slot.HasLocalBlob && failure.Reason == EngineErrorReason.InvalidData)
        {
            // The store's own copy is damaged: a good one replaces it.
            slot.HasLocalBlob = false;
            _ = FolderRemoval.Remove(staging.Descriptor.Number, slot.FolderName);
            Stage(slot, options, progress, cancellation);
        }
        catch (EngineException failure) when (!origin.IsRootFileSystem && failure.Reason is EngineErrorReason.InvalidData or EngineErrorReason.LimitExceeded && failure.Subject != origin.Name)
        {
            throw new EngineException(failure.Reason, failure.Subject, $"The layer {origin.Name} cannot be taken in. {failure.Message}", failure);
        }

        progress?.Report(new LayerProgress(origin.Name, LayerStage.Unpacked, slot.Staged!.BlobSize, slot.Staged.BlobSize) { Entries = slot.Staged.Extraction.Entries });
    }

    private void Stage(LayerSlot slot, ExtractionOptions options, IProgress<LayerProgress>? progress, CancellationToken cancellation)
    {
        LayerOrigin origin = slot.Origin;
        using FileDescriptor folder = StoreFolder.Open(staging.Descriptor, slot.FolderName);
        using Stream bytes = slot.HasLocalBlob ? layout.OpenBlob(origin.Digest!) : origin.Open(cancellation);
        long? total = origin.Size ?? (bytes.CanSeek ? bytes.Length - bytes.Position : null);
        slot.Accept(LayerImport.Run(bytes, folder, options, progress is null ? null : Report, cancellation));

        void Report(long read, long entries) => progress.Report(new LayerProgress(origin.Name, LayerStage.Receiving, read, total) { Entries = entries });
    }

    /// <summary>Writes the commit records of staged layers.</summary>
    private List<(LayerSlot Slot, string Chain)> Record(IEnumerable<IReadOnlyList<LayerSlot>> chains)
    {
        var recorded = new List<(LayerSlot, string)>();
        foreach (IReadOnlyList<LayerSlot> chain in chains)
        {
            IReadOnlyList<string> ids = Digest.ChainIds([.. chain.Select(slot => slot.Taken!.DiffId)]);
            for (int i = 0; i < ids.Count; i++)
            {
                LayerSlot slot = chain[i];
                if (slot.Staged is { } staged && !recorded.Contains((slot, ids[i])))
                {
                    using FileDescriptor folder = StoreFolder.Open(staging.Descriptor, slot.FolderName);
                    using FileDescriptor layer = StoreFolder.Open(folder, LayerImport.LayerName);
                    LayerStore.WriteRecord(layer, new LayerRecord
                    {
                        DiffId = staged.DiffId, ChainId = ids[i], Size = staged.Extraction.ContentBytes, Entries = staged.Extraction.Entries, Blob = slot.Taken!.Blob,
                    });
                    recorded.Add((slot, ids[i]));
                }
            }
        }

        return recorded;
    }

    private List<IReadOnlyList<OciDescriptor>> Commit(
        IReadOnlyList<ImageOrigin> images, ImageIntakeDocuments[] documents, List<(LayerSlot Slot, string Chain)> adopted)
    {
        foreach ((LayerSlot slot, string chain) in adopted)
        {
            using FileDescriptor folder = StoreFolder.Open(staging.Descriptor, slot.FolderName);
            layers.Adopt(folder, LayerImport.LayerName, chain);
            layout.AdoptBlob(folder, LayerImport.BlobName, slot.Staged!.BlobDigest);
        }

        layers.Sync();
        layout.Sync();
        OciIndex index = layout.ReadIndex();
        List<OciDescriptor> present = index.Manifests;
        var result = new List<IReadOnlyList<OciDescriptor>>();
        for (int i = 0; i < documents.Length; i++)
        {
            OciDescriptor entry = documents[i].Write(layout);
            ImageName?[] names = images[i].Names.Count == 0 ? [null] : [.. images[i].Names];
            OciDescriptor[] entries = [.. names.Select(name => documents[i].Name(entry, name))];
            foreach (OciDescriptor named in entries)
            {
                present = ImageIndex.With(present, named);
            }

            result.Add(entries);
        }

        layout.WriteIndex(index with { Manifests = present });
        return result;
    }
}
