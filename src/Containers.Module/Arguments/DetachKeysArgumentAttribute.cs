using System.Management.Automation;
using Containers.Foreground;

namespace Containers.Arguments;

/// <summary>Keys that detach, as docker writes them: 'ctrl-p,ctrl-q'.</summary>
internal sealed class DetachKeysArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        var text = string.Join(',', Elements(input).Select(Text));
        _ = DetachKeys.Parse(text);
        return text;
    }
}
