using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>A duration: a TimeSpan, a number of seconds, or text (see <see cref="Duration"/>).</summary>
internal sealed class DurationArgumentAttribute : ArgumentAttribute
{
    /// <summary>The longest duration, in days: 24, which is what the runtime's waits take, unless told.</summary>
    public int MostDays { get; init; } = 24;

    /// <summary>Whether it may be less than zero.</summary>
    public bool CanBeNegative { get; init; }

    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        var duration = Unwrap(input) switch
        {
            TimeSpan span => span,
            var value when TryNumber(value, out var seconds) && seconds < 0 && CanBeNegative => -Duration.FromNumber(-seconds, Text(input).TrimStart('-')),
            var value when TryNumber(value, out var seconds) => Duration.FromNumber(seconds, Text(input)),
            _ when CanBeNegative && Text(input).Trim() is ['-', ..] text => -Duration.Parse(text[1..]),
            _ => Duration.Parse(Text(input)),
        };
        if (CanBeNegative)
        {
            return duration.Duration() <= TimeSpan.FromDays(MostDays) ? duration : throw new FormatException($"'{input}' is out of range: at most {MostDays} days either way.");
        }

        if (duration < TimeSpan.Zero || duration > TimeSpan.FromDays(MostDays))
        {
            throw new FormatException($"'{input}' is out of range: a duration is from 0 to {MostDays} days.");
        }

        return duration;
    }
}
