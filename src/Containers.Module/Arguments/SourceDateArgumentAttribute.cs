using System.Globalization;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>A moment that does not depend on the clock: seconds since 1970 (SOURCE_DATE_EPOCH), or a date, which is UTC unless it says otherwise.</summary>
internal sealed class SourceDateArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        switch (Unwrap(input))
        {
            case DateTimeOffset moment:
                return moment;
            case DateTime date:
                return new DateTimeOffset(date.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(date, DateTimeKind.Utc) : date);
        }

        var text = Text(input);
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return DateTimeOffset.FromUnixTimeSeconds(seconds);
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed) && parsed >= DateTimeOffset.UnixEpoch
            ? parsed
            : throw new FormatException($"'{text}' is no moment since 1970: write seconds ('1700000000') or a date ('2026-01-31T12:00Z').");
    }
}
