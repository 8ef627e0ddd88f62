using System.Globalization;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>A user, and a group after a colon, by name or number.</summary>
internal sealed class UserArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        var text = Text(input);
        var parts = text.Split(':');
        if (parts.Length > 2 || !Array.TrueForAll(parts, IsNameOrNumber))
        {
            throw new FormatException(
                $"'{text}' is no user: write a name or a number, with a group after a colon ('www-data', '1000', 'name:group', '1000:1000'); numbers are at most 2147483647.");
        }

        return text;
    }

    // The bound of passwd files and of other engines: what is above it some programs take for negative.
    private static bool IsNameOrNumber(string part)
    {
        if (part.Length == 0 || part[0] == '-' || part.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '/' or ','))
        {
            return false;
        }

        return !part.All(char.IsAsciiDigit)
            || int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _);
    }
}
