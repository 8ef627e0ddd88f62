using System.Management.Automation;
using System.Text.RegularExpressions;

namespace Containers.Arguments;

/// <summary>A platform: <c>OS/ARCHITECTURE[/VARIANT]</c>, or the architecture alone.</summary>
internal sealed partial class PlatformArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        var text = Text(input);
        return Form().IsMatch(text)
            ? text
            : throw new FormatException($"'{text}' is no platform: write OS/ARCHITECTURE[/VARIANT], as in 'linux/arm64' or 'linux/arm/v7', or the architecture alone.");
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,31}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,31}){0,2}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}
