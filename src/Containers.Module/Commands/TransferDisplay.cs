using System.Management.Automation;
using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Commands;

/// <summary>
/// Does a transfer on a thread of its own, since only the pipeline's thread may write progress: one line for the whole, and one for each layer that is
/// on its way.
/// </summary>
/// <param name="cmdlet">The cmdlet.</param>
/// <param name="activity">What is done, for people.</param>
internal sealed class TransferDisplay(Cmdlet cmdlet, string activity) : IProgress<LayerProgress>, IProgress<PublishProgress>
{
    private const int Whole = 1;
    private const int ShortDigest = 12;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Layer> _layers = new(StringComparer.Ordinal);
    private readonly SortedSet<int> _free = [];
    private int _lines;

    /// <summary>Does the work.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="work">The work; must end soon after the cmdlet is stopped.</param>
    /// <returns>What it gave.</returns>
    public T Run<T>(Func<T> work)
    {
        var running = new EngineWork<T>(work);
        running.Wait(Show);
        Complete();
        return running.Result();
    }

    /// <inheritdoc/>
    public void Report(LayerProgress value) =>
        Note(value.Layer, value.Bytes, value.Total, value.Stage == LayerStage.Receiving, value.Stage is LayerStage.Unpacked or LayerStage.Existing);

    /// <inheritdoc/>
    public void Report(PublishProgress value) =>
        Note(value.Layer, value.Bytes, value.Total, value.Stage == PublishStage.Sending, value.Stage is PublishStage.Sent or PublishStage.Existing or PublishStage.Mounted);

    private static string Of(long bytes, long? total) => total is > 0 and var known ? $"{new ByteSize(bytes)} of {new ByteSize(known)}" : new ByteSize(bytes).ToString();

    private static int Percent(long bytes, long? total) => total is > 0 and var known ? (int)Math.Min(100, bytes * 100.0 / known) : -1;

    // Reports come on several threads and may overtake each other.
    private void Note(string name, long bytes, long? total, bool isActive, bool isDone)
    {
        lock (_gate)
        {
            if (!_layers.TryGetValue(name, out var layer))
            {
                _layers[name] = layer = new Layer(name);
            }

            layer.IsDone |= isDone;
            layer.IsActive = isActive && !layer.IsDone;
            layer.Bytes = isDone && total is { } all ? all : Math.Max(layer.Bytes, bytes);
            layer.Total = total ?? layer.Total;
        }
    }

    private void Show()
    {
        List<ProgressRecord> records = [];
        lock (_gate)
        {
            records.Add(Summary());
            foreach (var layer in _layers.Values)
            {
                if (layer.IsActive || layer.Line != 0)
                {
                    records.Add(Line(layer));
                }
            }
        }

        records.ForEach(cmdlet.WriteProgress);
    }

    private ProgressRecord Summary()
    {
        var done = _layers.Values.Count(static layer => layer.IsDone);
        var bytes = _layers.Values.Sum(static layer => layer.Bytes);
        long? total = _layers.Values.All(static layer => layer.Total is not null) ? _layers.Values.Sum(static layer => layer.Total) : null;
        return new ProgressRecord(Whole, activity, _layers.Count == 0 ? "Asking the registry" : $"{done} of {_layers.Count} layers, {Of(bytes, total)}")
        {
            PercentComplete = Percent(bytes, total),
        };
    }

    private ProgressRecord Line(Layer layer)
    {
        if (layer.Line == 0)
        {
            layer.Line = _free.Count > 0 ? _free.Min : ++_lines + Whole;
            _free.Remove(layer.Line);
        }

        var digest = layer.Name[(layer.Name.IndexOf(':', StringComparison.Ordinal) + 1)..];
        var record = new ProgressRecord(layer.Line, $"Layer {(digest.Length > ShortDigest ? digest[..ShortDigest] : digest)}", Of(layer.Bytes, layer.Total))
        {
            ParentActivityId = Whole,
            PercentComplete = Percent(layer.Bytes, layer.Total),
            RecordType = layer.IsActive ? ProgressRecordType.Processing : ProgressRecordType.Completed,
        };
        if (!layer.IsActive)
        {
            _free.Add(layer.Line);
            layer.Line = 0;
        }

        return record;
    }

    private void Complete()
    {
        for (var line = _lines + Whole; line >= Whole; line--)
        {
            cmdlet.WriteProgress(new ProgressRecord(line, activity, "Done") { RecordType = ProgressRecordType.Completed });
        }
    }

    private sealed class Layer(string name)
    {
        public string Name { get; } = name;

        public long Bytes { get; set; }

        public long? Total { get; set; }

        public bool IsActive { get; set; }

        public bool IsDone { get; set; }

        public int Line { get; set; }
    }
}
