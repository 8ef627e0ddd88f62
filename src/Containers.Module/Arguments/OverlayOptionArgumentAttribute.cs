using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>Options of an overlay, as mount(8) takes them: several in one text have commas between them.</summary>
internal sealed class OverlayOptionArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Elements(input).SelectMany(static value => Text(value).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToArray();
}
