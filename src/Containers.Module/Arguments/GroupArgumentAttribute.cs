using System.Globalization;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>Groups, by name or number.</summary>
internal sealed class GroupArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) => Elements(input).Select(static element =>
    {
        var text = Text(element);
        var isNumber = text.Length > 0 && text.All(char.IsAsciiDigit);
        return text.Length > 0 && text[0] != '-' && !text.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '/' or ',' or ':')
            && (!isNumber || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? text
            : throw new FormatException($"'{text}' is no group: write a name, or a number of at most 2147483647.");
    }).ToArray();
}
