using System.Collections;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>Keys with values: hashtables, <c>KEY=VALUE</c> texts, or both in one array. A later key wins.</summary>
internal abstract class KeyValueArgumentAttribute : ArgumentAttribute
{
    /// <summary>What one key with its value is called in a message.</summary>
    protected abstract string Kind { get; }

    /// <summary>The value of a key written without <c>=</c>.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The value.</returns>
    /// <exception cref="FormatException">There is none.</exception>
    protected abstract string ValueOf(string key);

    /// <inheritdoc/>
    protected sealed override object Convert(SessionState session, object input)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var element in Elements(input))
        {
            switch (Unwrap(element))
            {
                case IDictionary table:
                    foreach (DictionaryEntry entry in table)
                    {
                        Add(result, Text(entry.Key), entry.Value is null ? "" : Text(entry.Value));
                    }

                    break;
                case IEnumerable<KeyValuePair<string, string>> pairs:
                    foreach (var pair in pairs)
                    {
                        Add(result, pair.Key, pair.Value);
                    }

                    break;
                default:
                    var text = Text(element);
                    var equals = text.IndexOf('=', StringComparison.Ordinal);
                    if (equals < 0 && text.Length > 0)
                    {
                        Add(result, text, ValueOf(text));
                    }
                    else
                    {
                        Add(result, equals < 0 ? "" : text[..equals], text[(equals + 1)..]);
                    }

                    break;
            }
        }

        return result;
    }

    private void Add(Dictionary<string, string> result, string key, string value)
    {
        if (key.Length == 0 || key.Contains('=', StringComparison.Ordinal))
        {
            throw new FormatException($"'{key}={value}' is no {Kind}: write KEY=VALUE, or @{{ KEY = 'VALUE' }}.");
        }

        if (key.Contains('\0', StringComparison.Ordinal) || value.Contains('\0', StringComparison.Ordinal))
        {
            throw new FormatException($"The {Kind} '{key.Replace('\0', '?')}' has a NUL in it, which no {Kind} can hold.");
        }

        result[key] = value;
    }
}
