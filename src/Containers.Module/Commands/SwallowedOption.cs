using System.Management.Automation;
using System.Management.Automation.Language;

namespace Containers.Commands;

/// <summary>
/// Finds an option of the program inside that PowerShell took for an abbreviated parameter of the cmdlet, since no -- stands before it:
/// <c>Invoke-Container debian uname -a</c> would ask for -AsByteStream.
/// </summary>
internal static class SwallowedOption
{
    /// <summary>Looks for one in the text of the call.</summary>
    /// <param name="invocation">The call.</param>
    /// <param name="wordsBefore">How many positional words come before the program's arguments: image and program.</param>
    /// <returns>The option as written and the parameter that it was taken for; null where there is none, or the text does not tell.</returns>
    public static (string Option, string Parameter)? Find(InvocationInfo invocation, int wordsBefore)
    {
        // Parsing takes longer than the rest of the cmdlet's beginning, and nearly every call has the dashes.
        if (string.IsNullOrEmpty(invocation.Line) || invocation.Line.Contains(" -- ", StringComparison.Ordinal))
        {
            return null;
        }

        var call = (CommandAst?)Parser.ParseInput(invocation.Line, out _, out _).Find(
            ast => ast is CommandAst command && command.Extent.StartColumnNumber == invocation.OffsetInLine && command.GetCommandName() == invocation.InvocationName,
            searchNestedScriptBlocks: true);
        var parameters = invocation.MyCommand.Parameters;
        var words = 0;
        var isValue = false;
        foreach (var element in call?.CommandElements.Skip(1) ?? [])
        {
            if (element is not CommandParameterAst written)
            {
                words += isValue ? 0 : 1;
                isValue = false;
                continue;
            }

            // A letter is as likely the program's: only names written out are surely meant for the cmdlet.
            var alias = parameters.FirstOrDefault(known => known.Value.Aliases.Contains(written.ParameterName, StringComparer.OrdinalIgnoreCase)).Key;
            var isWhole = parameters.ContainsKey(written.ParameterName) || (alias is not null && written.ParameterName.Length > 1);
            var name = parameters.ContainsKey(written.ParameterName)
                ? written.ParameterName
                : alias ?? parameters.Keys.FirstOrDefault(known => known.StartsWith(written.ParameterName, StringComparison.OrdinalIgnoreCase));
            if (name is not null && !isWhole && words >= wordsBefore)
            {
                return (written.Extent.Text, name);
            }

            isValue = name is not null && parameters.TryGetValue(name, out var bound) && !bound.SwitchParameter && written.Argument is null;
        }

        return null;
    }
}
