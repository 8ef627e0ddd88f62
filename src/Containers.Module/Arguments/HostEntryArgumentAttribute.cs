using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>Lines of /etc/hosts: <c>name:address</c> or <c>name=address</c>.</summary>
internal sealed class HostEntryArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Elements(input).Select(static value => Unwrap(value) as ContainerHostEntry ?? Parse(Text(value))).ToArray();

    private static ContainerHostEntry Parse(string text)
    {
        // An IPv6 address has colons of its own, and may stand in brackets.
        var separator = text.AsSpan().IndexOfAny('=', ':');
        if (separator <= 0 || separator == text.Length - 1)
        {
            throw new FormatException($"'{text}' is no line of /etc/hosts: write 'name:address', as 'db:10.0.0.5'.");
        }

        var address = text[(separator + 1)..];
        return new ContainerHostEntry(text[..separator], address is ['[', .., ']'] ? address[1..^1] : address);
    }
}
