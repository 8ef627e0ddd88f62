using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>Whose namespace a container lives in: <c>private</c>, <c>host</c> or <c>container:NAME</c>.</summary>
internal sealed class NamespaceArgumentAttribute : ArgumentAttribute
{
    private const string OfContainer = "container:";

    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        if (Unwrap(input) is Container other)
        {
            return OfContainer + other.Name;
        }

        var text = Text(input);
        if (text.StartsWith(OfContainer, StringComparison.OrdinalIgnoreCase) && text.Length > OfContainer.Length)
        {
            return OfContainer + text[OfContainer.Length..];
        }

        return text.ToUpperInvariant() switch
        {
            "HOST" => "host",
            "PRIVATE" => "private",
            _ => throw new FormatException(
                $"'{text}' does not say whose namespace it is to be: write Private (the container's own), Host (this machine's) or container:NAME."),
        };
    }
}
