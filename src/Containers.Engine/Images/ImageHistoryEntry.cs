namespace Containers.Engine.Images;

/// <summary>One step of how an image came to be (OCI image-spec, config.md "history").</summary>
public sealed record ImageHistoryEntry
{
    /// <summary>When; null where the image does not tell.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The command that made it; null where the image does not tell.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Who made it; null where the image does not tell.</summary>
    public string? Author { get; init; }

    /// <summary>A remark; null where there is none.</summary>
    public string? Comment { get; init; }

    /// <summary>The chain id of the layer that it made; null where it only changed the configuration.</summary>
    public string? Layer { get; init; }

    /// <summary>Bytes of the layer's files; 0 without a layer.</summary>
    public long Size { get; init; }

    /// <summary>Joins what the configuration tells with the layers that there are.</summary>
    /// <param name="history">The configuration's history, oldest first.</param>
    /// <param name="chain">The layers' chain ids, lowest first.</param>
    /// <param name="size">Gives a layer's size.</param>
    /// <returns>The steps, newest first. Layers that the history does not tell of come last in it.</returns>
    internal static IReadOnlyList<ImageHistoryEntry> Join(IEnumerable<OciHistory> history, IReadOnlyList<string> chain, Func<string, long> size)
    {
        var steps = new List<ImageHistoryEntry>();
        int next = 0;
        foreach (OciHistory told in history)
        {
            string? layer = told.EmptyLayer != true && next < chain.Count ? chain[next++] : null;
            steps.Add(new ImageHistoryEntry
            {
                CreatedAt = told.Created,
                CreatedBy = told.CreatedBy,
                Author = told.Author,
                Comment = told.Comment,
                Layer = layer,
                Size = layer is null ? 0 : size(layer),
            });
        }

        steps.AddRange(chain.Skip(next).Select(layer => new ImageHistoryEntry { Layer = layer, Size = size(layer) }));
        steps.Reverse();
        return steps;
    }
}
