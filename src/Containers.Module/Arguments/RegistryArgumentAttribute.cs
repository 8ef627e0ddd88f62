using System.Collections;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>Registries' entries of the configuration: objects, or hashtables with Registry, Mirror, Insecure and CertificateAuthority.</summary>
internal sealed class RegistryArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) => Elements(input).Select(value => Unwrap(value) switch
    {
        ContainerRegistryConfiguration entry => entry,
        IDictionary table => Entry(session, table),
        _ => throw new FormatException($"'{Text(value)}' is no registry's entry: write @{{ Registry = 'HOST[:PORT]'; Mirror = 'https://HOST'; Insecure = $true; CertificateAuthority = '/path' }}."),
    }).ToArray();

    private static ContainerRegistryConfiguration Entry(SessionState session, IDictionary table)
    {
        string? host = null, authority = null;
        string[] mirrors = [];
        var insecure = false;
        foreach (DictionaryEntry entry in table)
        {
            switch (Text(entry.Key).ToUpperInvariant())
            {
                case "REGISTRY":
                    host = entry.Value is null ? null : Text(entry.Value);
                    break;
                case "MIRROR":
                    mirrors = entry.Value is null ? [] : [.. Elements(entry.Value).Select(Text)];
                    break;
                case "INSECURE":
                    insecure = LanguagePrimitives.IsTrue(entry.Value);
                    break;
                case "CERTIFICATEAUTHORITY":
                    authority = entry.Value is null ? null : session.Path.GetUnresolvedProviderPathFromPSPath(Text(entry.Value));
                    break;
                default:
                    throw new FormatException($"A registry's entry has no '{Text(entry.Key)}'; it has Registry, Mirror, Insecure and CertificateAuthority.");
            }
        }

        return host is { Length: > 0 }
            ? new ContainerRegistryConfiguration { Registry = host, Mirror = mirrors, Insecure = insecure, CertificateAuthority = authority }
            : throw new FormatException("A registry's entry needs its host: @{ Registry = 'HOST[:PORT]'; ... }.");
    }
}
