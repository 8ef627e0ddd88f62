using System.Collections.Concurrent;
using System.Management.Automation;
using Containers.Engine.Images;

namespace Containers.Commands;

/// <summary>Adds up how far the layers of an import are, for one line of progress. Reports come on several threads and may overtake each other.</summary>
internal sealed class LayerTally : IProgress<LayerProgress>
{
    private readonly ConcurrentDictionary<string, LayerProgress> _layers = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Report(LayerProgress value) => _layers.AddOrUpdate(
        value.Layer, value, (_, before) => value.Stage > before.Stage || (value.Stage == before.Stage && value.Bytes > before.Bytes) ? value : before);

    /// <summary>Writes where things stand into a progress record.</summary>
    /// <param name="record">The record.</param>
    public void Describe(ProgressRecord record)
    {
        // What is spooled first is read again as layers: once those are known only they count.
        var layers = _layers.Values.Where(layer => _layers.Count == 1 || layer.Layer != "archive").ToList();
        var read = layers.Sum(layer => layer.Bytes);
        var total = layers.TrueForAll(layer => layer.Total is not null) ? layers.Sum(layer => layer.Total!.Value) : 0;
        var entries = layers.Sum(layer => layer.Entries);
        var bytes = total > 0 ? $"{new ByteSize(read)} of {new ByteSize(total)}" : $"{new ByteSize(read)}";
        record.StatusDescription = layers.Count switch
        {
            0 => "Reading the archive",
            1 => $"{bytes}, {entries} entries",
            _ => $"{layers.Count(layer => layer.Stage >= LayerStage.Unpacked)} of {layers.Count} layers, {bytes}",
        };
        record.PercentComplete = total > 0 ? (int)Math.Min(100, read * 100.0 / total) : -1;
    }
}
