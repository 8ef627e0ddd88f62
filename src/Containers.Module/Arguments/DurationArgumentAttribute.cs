using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>A duration: a TimeSpan, a number of seconds, or text (see <see cref="Duration"/>).</summary>
internal sealed class DurationArgumentAttribute : ArgumentAttribute
{
    /// <summary>The longest that the runtime's waits take.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        var duration = Unwrap(input) switch
        {
            TimeSpan span => span,
            var value when TryNumber(value, out var seconds) => Duration.FromNumber(seconds, Text(input)),
            _ => Duration.Parse(Text(input)),
        };
        if (duration < TimeSpan.Zero || duration > s_longest)
        {
            throw new FormatException($"'{input}' is out of range: a duration is from 0 to 24 days.");
        }

        return duration;
    }
}
