using System.Globalization;
using System.Management.Automation;

namespace Containers.Shell;

/// <summary>One line at the bottom of a terminal that tells how far the latest activity is.</summary>
/// <param name="terminal">The terminal.</param>
internal sealed class ProgressLine(TextWriter terminal)
{
    private const string EraseLine = "\r\u001b[K";
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private long _shownAt;
    private bool _isShown;

    /// <summary>Shows a record, unless another was shown less than a tenth of a second ago.</summary>
    /// <param name="record">The record.</param>
    /// <param name="width">The terminal's columns.</param>
    public void Show(ProgressRecord record, int width)
    {
        if (record.RecordType == ProgressRecordType.Completed)
        {
            End();
            return;
        }

        if (_isShown && TimeProvider.System.GetElapsedTime(_shownAt) < Interval)
        {
            return;
        }

        var percent = record.PercentComplete is >= 0 and <= 100
            ? string.Create(CultureInfo.InvariantCulture, $" {record.PercentComplete}%")
            : "";
        var line = $"{record.Activity}:{percent} {record.StatusDescription} {record.CurrentOperation}".Replace('\n', ' ').TrimEnd();

        // The last column stays free: a character there makes some terminals begin a new line.
        terminal.Write(EraseLine + (line.Length < width ? line : line[..Math.Max(width - 1, 0)]));
        _shownAt = TimeProvider.System.GetTimestamp();
        _isShown = true;
    }

    /// <summary>Takes the line away before something else is written; the next record shows it again.</summary>
    public void Erase()
    {
        if (_isShown)
        {
            terminal.Write(EraseLine);
            _isShown = false;
        }
    }

    /// <summary>Takes the line away.</summary>
    public void End() => Erase();
}
