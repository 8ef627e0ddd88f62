using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>A script block alone, or the words of a command.</summary>
internal sealed class NamespaceCommandArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        object[] given = [.. Elements(input).Select(static value => Unwrap(value)!)];
        return given switch
        {
            [ScriptBlock block] => new object[] { block },
            [ScriptBlock, ..] => throw new FormatException("What a script block is to have is given with -ArgumentList."),
            _ => CommandArgumentAttribute.Words(input).Cast<object>().ToArray(),
        };
    }
}
