using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>The words of an entry point; an empty text alone stands for none.</summary>
internal sealed class EntrypointArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object? Convert(SessionState session, object input) =>
        CommandArgumentAttribute.Words(input) switch
        {
            [""] => Array.Empty<string>(),
            ["", ..] => throw new FormatException("The first word of an entry point is its program, which cannot be an empty text. '' alone takes the entry point away."),
            var words => words,
        };
}
