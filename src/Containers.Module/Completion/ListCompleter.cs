using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace Containers.Completion;

/// <summary>Completes a parameter from a list of values.</summary>
internal abstract class ListCompleter : IArgumentCompleter
{
    /// <summary>The values, in the order they are offered.</summary>
    /// <returns>Each with what its tool tip says.</returns>
    protected abstract IEnumerable<KeyValuePair<string, string>> Values();

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var word = (wordToComplete ?? "").Trim('\'', '"');
        return
        [
            .. Values()
                .Where(value => Matches(value.Key, word))
                .Select(static value => new CompletionResult(Quote(value.Key), value.Key, CompletionResultType.ParameterValue, value.Value)),
        ];
    }

    /// <summary>Whether a value continues the word.</summary>
    /// <param name="value">The value.</param>
    /// <param name="word">What is written so far.</param>
    /// <returns>Whether it does.</returns>
    protected virtual bool Matches(string value, string word) => value.StartsWith(word, StringComparison.OrdinalIgnoreCase);

    private static string Quote(string value) =>
        value.Length > 0 && value.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/' or ':' or '=' or '+')
            ? value
            : $"'{CodeGeneration.EscapeSingleQuotedStringContent(value)}'";
}
