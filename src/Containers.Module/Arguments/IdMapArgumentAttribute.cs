using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>Ranges of ids of a user namespace.</summary>
internal sealed class IdMapArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Elements(input).Select(static value => Unwrap(value) as NamespaceIdMap ?? NamespaceIdMap.Parse(Text(value))).ToArray();
}
