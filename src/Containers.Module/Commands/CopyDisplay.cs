using System.Management.Automation;

namespace Containers.Commands;

/// <summary>Shows how many bytes a copy or an export has come to.</summary>
/// <param name="cmdlet">The cmdlet.</param>
/// <param name="activity">What is done, for people.</param>
internal sealed class CopyDisplay(Cmdlet cmdlet, string activity) : IProgress<long>
{
    private readonly ProgressRecord _record = new(1, activity, "Opening the files");
    private long _bytes;

    /// <inheritdoc/>
    public void Report(long value) => Volatile.Write(ref _bytes, value);

    /// <summary>Does the work, on a thread of its own.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="work">The work; must end soon after the cmdlet is stopped.</param>
    /// <returns>What it gave.</returns>
    public T Run<T>(Func<T> work)
    {
        var running = new EngineWork<T>(work);
        running.Wait(Show);
        Hide();
        return running.Result();
    }

    /// <summary>Shows the present state, on the pipeline's thread.</summary>
    public void Show()
    {
        var bytes = Volatile.Read(ref _bytes);
        _record.StatusDescription = bytes > 0 ? new ByteSize(bytes).ToString() : "Opening the files";
        cmdlet.WriteProgress(_record);
    }

    /// <summary>Takes it away.</summary>
    public void Hide()
    {
        _record.RecordType = ProgressRecordType.Completed;
        cmdlet.WriteProgress(_record);
    }
}
