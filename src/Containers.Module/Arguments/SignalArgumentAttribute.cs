using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>A signal by name or number.</summary>
internal sealed class SignalArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Unwrap(input) is Signal signal ? signal : Signal.Parse(Text(input));
}
