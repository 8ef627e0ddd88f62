using System.Collections;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>
/// The words of a command. PowerShell hands over a list of what followed <c>--</c>, or the argument itself where only one did;
/// an array alone is the whole command (<c>-Command $words</c>), an array among other words is an unquoted comma.
/// </summary>
internal sealed class CommandArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) => Words(input);

    /// <summary>The words of an argument.</summary>
    /// <param name="input">The argument.</param>
    /// <returns>The words.</returns>
    /// <exception cref="FormatException">One of them is no word.</exception>
    internal static string[] Words(object input)
    {
        var words = Unwrap(input) is IDictionary or ScriptBlock ? [input] : Elements(input);
        return [.. words.Select(Word)];
    }

    private static string Word(object value)
    {
        switch (Unwrap(value))
        {
            case string text:
                return text.Contains('\0', StringComparison.Ordinal)
                    ? throw new FormatException("An argument of a command cannot hold a NUL.")
                    : text;
            case IDictionary:
                throw new FormatException("A hashtable cannot be an argument of a command: quote the text, or splat an array.");
            case ScriptBlock block:
                throw new FormatException($"A script block cannot be an argument of a command: quote it, as '{{{block}}}'.");
            case IEnumerable several:
                var joined = string.Join(',', several.Cast<object?>());
                throw new FormatException(
                    $"The array {joined} cannot be one argument of a command: quote it ('{joined}') to pass the text, or splat it (@name) to pass each element.");
            default:
                return Text(value);
        }
    }
}
