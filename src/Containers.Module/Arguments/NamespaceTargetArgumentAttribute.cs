using System.Diagnostics;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>Whose namespaces are meant: objects of Get-Namespace, Get-Container and Get-Process, pids, and texts that the engine reads.</summary>
internal sealed class NamespaceTargetArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) => Elements(input).Select(One).ToArray();

    private static string One(object value) => Unwrap(value) switch
    {
        Namespace one => one.ToString(),
        Container container => $"container:{container.Id}",
        Process process => Text(process.Id),
        _ => Text(value) is { Length: > 0 } text ? text : throw new FormatException("An empty text names no namespace."),
    };
}
