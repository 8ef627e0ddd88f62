using System.Collections;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>
/// Volumes: <c>/host:/inside</c> with <c>:ro</c> or <c>:rw</c> after it, the same as a hashtable with Source, Target and
/// ReadOnly (for paths with a colon), or <see cref="ContainerMount"/> objects. Relative sources are taken from the session's location.
/// </summary>
internal sealed class VolumeArgumentAttribute : ArgumentAttribute
{
    private const string Spelling = "write '/path/here:/path/inside', with ':ro' after it for read-only";

    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Elements(input).Select(value => ConvertOne(session, value)).ToArray();

    private static ContainerMount ConvertOne(SessionState session, object value) =>
        Unwrap(value) switch
        {
            ContainerMount mount => mount,
            IDictionary table => FromTable(session, table),
            _ => FromText(session, Text(value)),
        };

    private static ContainerMount FromText(SessionState session, string text)
    {
        var parts = text.Split(':');
        var readOnly = parts.Length == 3 ? parts[2] switch
        {
            "ro" => true,
            "rw" => false,
            _ => throw new FormatException($"'{parts[2]}' is no option of the volume '{text}': it is 'ro' or 'rw'."),
        } : false;
        return parts.Length is 2 or 3
            ? Checked(session, parts[0], parts[1], readOnly, text)
            : throw new FormatException(
                $"'{text}' is no volume: {Spelling}. A path with a colon is written @{{ Source = ...; Target = ...; ReadOnly = $true }}.");
    }

    private static ContainerMount FromTable(SessionState session, IDictionary table)
    {
        string? source = null, target = null;
        var readOnly = false;
        foreach (DictionaryEntry entry in table)
        {
            switch (entry.Key.ToString()?.ToUpperInvariant())
            {
                case "SOURCE":
                    source = entry.Value is null ? null : Text(entry.Value);
                    break;
                case "TARGET":
                    target = entry.Value is null ? null : Text(entry.Value);
                    break;
                case "READONLY":
                    readOnly = LanguagePrimitives.IsTrue(entry.Value);
                    break;
                default:
                    throw new FormatException($"A volume has no '{entry.Key}': its keys are Source, Target and ReadOnly.");
            }
        }

        return Checked(session, source ?? "", target ?? "", readOnly, $"{source}:{target}");
    }

    private static ContainerMount Checked(SessionState session, string source, string target, bool readOnly, string text)
    {
        if (source.Length == 0 || target.Length == 0 || text.Contains('\0', StringComparison.Ordinal))
        {
            throw new FormatException($"'{text}' is no volume: {Spelling}.");
        }

        if (source[0] is not ('/' or '.' or '~'))
        {
            throw new FormatException(
                $"'{source}' in the volume '{text}' names no folder: named volumes are not there yet. Write an absolute path, or one that begins with './'.");
        }

        if (target[0] != '/')
        {
            throw new FormatException($"'{target}' in the volume '{text}' is no absolute path inside the container: {Spelling}.");
        }

        if (source[0] != '/')
        {
            source = session.Path.GetUnresolvedProviderPathFromPSPath(source, out var provider, out _);
            if (!string.Equals(provider.Name, "FileSystem", StringComparison.OrdinalIgnoreCase))
            {
                throw new FormatException($"The volume '{text}' is relative to a location that is no folder: write an absolute path.");
            }
        }

        return new ContainerMount { Source = source, Target = target, ReadOnly = readOnly };
    }
}
