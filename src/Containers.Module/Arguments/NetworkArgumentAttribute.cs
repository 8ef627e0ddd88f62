using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>What a container sees of the network: <c>None</c>, <c>Host</c>, <c>container:NAME</c>, <c>ns:PATH</c>, or an object of New-Namespace, Get-Namespace or Get-Container.</summary>
internal sealed class NetworkArgumentAttribute : ArgumentAttribute
{
    /// <summary>What stands before the name of another container.</summary>
    internal const string OfContainer = "container:";

    /// <summary>What stands before the path of a namespace's file.</summary>
    internal const string OfPath = "ns:";

    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        switch (Unwrap(input))
        {
            case Container other:
                return OfContainer + other.Name;
            case Namespace { Type: not NamespaceType.Network } one:
                throw new FormatException($"{one} is no network namespace.");
            case Namespace one:
                // Where it is mounted it stays; a process may end.
                return OfPath + (one.Pins is [var pin, ..] ? pin : one.Path ?? throw new FormatException($"{one} has no file by which it can be opened."));
            default:
                return Read(Text(input));
        }
    }

    private static string Read(string text)
    {
        foreach (var prefix in (string[])[OfContainer, OfPath])
        {
            if (text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && text.Length > prefix.Length)
            {
                return prefix + text[prefix.Length..];
            }
        }

        return text.ToUpperInvariant() switch
        {
            "NONE" => "None",
            "HOST" => "Host",
            _ => throw new FormatException(
                $"'{text}' is no network that this version has: None (only loopback), Host (this machine's own), container:NAME, ns:PATH and objects of New-Namespace are there."),
        };
    }
}
