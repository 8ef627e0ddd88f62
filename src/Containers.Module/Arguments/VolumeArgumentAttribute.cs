using System.Collections;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>
/// Volumes: <c>/host:/inside</c>, with options after a colon: <c>'/host:/inside:ro,rslave'</c>; hashtables with the properties of
/// <see cref="ContainerMount"/> (for paths with a colon), or such objects. Relative sources are taken from the session's location.
/// </summary>
internal sealed class VolumeArgumentAttribute : ArgumentAttribute
{
    private const string Spelling = "write '/path/here:/path/inside', with ':ro' after it for read-only";

    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Elements(input).Select(value => ConvertOne(session, value)).ToArray();

    /// <summary>A volume whose parts are there and whose source is an absolute path.</summary>
    /// <param name="session">For a relative source.</param>
    /// <param name="mount">The volume.</param>
    /// <param name="text">What was written.</param>
    /// <returns>The volume.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    internal static ContainerMount Checked(SessionState session, ContainerMount mount, string text)
    {
        if (mount.Source.Length == 0 || mount.Target.Length == 0 || text.Contains('\0', StringComparison.Ordinal))
        {
            throw new FormatException($"'{text}' is no volume: {Spelling}.");
        }

        if (mount.Source[0] is not ('/' or '.' or '~'))
        {
            throw new FormatException(
                $"'{mount.Source}' in the volume '{text}' names no folder: named volumes are not there yet. Write an absolute path, or one that begins with './'.");
        }

        if (mount.Target[0] != '/')
        {
            throw new FormatException($"'{mount.Target}' in the volume '{text}' is no absolute path inside the container: {Spelling}.");
        }

        if (mount.Source[0] == '/')
        {
            return mount;
        }

        var source = session.Path.GetUnresolvedProviderPathFromPSPath(mount.Source, out var provider, out _);
        return string.Equals(provider.Name, "FileSystem", StringComparison.OrdinalIgnoreCase)
            ? mount with { Source = source }
            : throw new FormatException($"The volume '{text}' is relative to a location that is no folder: write an absolute path.");
    }

    /// <summary>A propagation by docker's word.</summary>
    /// <param name="word">The word: <c>rslave</c>.</param>
    /// <returns>The propagation, or null.</returns>
    internal static ContainerMountPropagation? Propagation(string word) =>
        word.All(char.IsAsciiLetter) && Enum.TryParse<ContainerMountPropagation>(word, ignoreCase: true, out var propagation) ? propagation : null;

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
        if (parts.Length is not (2 or 3))
        {
            throw new FormatException(
                $"'{text}' is no volume: {Spelling}. A path with a colon is written @{{ Source = ...; Target = ...; ReadOnly = $true }}.");
        }

        var mount = new ContainerMount { Source = parts[0], Target = parts[1] };
        foreach (var option in parts.Length == 3 ? parts[2].Split(',') : [])
        {
            mount = option switch
            {
                "ro" => mount with { ReadOnly = true },
                "rw" => mount with { ReadOnly = false },
                "bind" => mount with { NonRecursive = true },
                "rbind" => mount with { NonRecursive = false },
                "noexec" => mount with { NoExec = true },
                "exec" => mount with { NoExec = false },
                "nosuid" => mount with { NoSuid = true },
                "suid" => mount with { NoSuid = false },
                "nodev" => mount with { NoDev = true },
                "dev" => mount with { NoDev = false },
                _ when Propagation(option) is { } propagation => mount with { Propagation = propagation },

                // Labels of SELinux, which this engine does not set.
                "z" or "Z" => mount,
                _ => throw new FormatException(
                    $"'{option}' is no option of the volume '{text}': the options are ro, rw, bind, rbind, [r]private, [r]shared, [r]slave, [no]exec, [no]suid, [no]dev, and z and Z, which change nothing."),
            };
        }

        return Checked(session, mount, text);
    }

    private static ContainerMount FromTable(SessionState session, IDictionary table)
    {
        var mount = new ContainerMount { Source = "", Target = "" };
        foreach (DictionaryEntry entry in table)
        {
            var text = entry.Value is null ? "" : Text(entry.Value);
            var isSet = LanguagePrimitives.IsTrue(entry.Value);
            mount = entry.Key.ToString()?.ToUpperInvariant() switch
            {
                "SOURCE" => mount with { Source = text },
                "TARGET" => mount with { Target = text },
                "READONLY" => mount with { ReadOnly = isSet },
                "NONRECURSIVE" => mount with { NonRecursive = isSet },
                "NOEXEC" => mount with { NoExec = isSet },
                "NOSUID" => mount with { NoSuid = isSet },
                "NODEV" => mount with { NoDev = isSet },
                "PROPAGATION" => mount with
                {
                    Propagation = Propagation(text) ?? throw new FormatException($"'{text}' is no propagation: it is {string.Join(", ", Enum.GetNames<ContainerMountPropagation>())}."),
                },
                _ => throw new FormatException(
                    $"A volume has no '{entry.Key}': its keys are Source, Target, ReadOnly, NonRecursive, Propagation, NoExec, NoSuid and NoDev."),
            };
        }

        return Checked(session, mount, $"{mount.Source}:{mount.Target}");
    }
}
