using System.Globalization;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>A moment: a date (local unless it says otherwise), or a duration before now.</summary>
internal sealed class InstantArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        switch (Unwrap(input))
        {
            case DateTimeOffset instant:
                return instant;
            case DateTime date:
                return new DateTimeOffset(date);
            case TimeSpan span:
                return Before(span);
            case var value when TryNumber(value, out var seconds):
                return Before(Duration.FromNumber(seconds, Text(input)));
        }

        var text = Text(input);
        try
        {
            return Before(Duration.Parse(text));
        }
        catch (FormatException e)
        {
            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var instant)
                ? instant
                : throw new FormatException($"'{text}' is no moment: write a date ('2026-01-31T12:00') or how long ago ('10m', '1h30m').", e);
        }
    }

    private static DateTimeOffset Before(TimeSpan span)
    {
        var now = DateTimeOffset.Now;
        return span >= TimeSpan.Zero && span < now - DateTimeOffset.UnixEpoch
            ? now - span
            : throw new FormatException($"'{span}' is too long ago.");
    }
}
