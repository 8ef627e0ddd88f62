using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>
/// Mounts as docker run --mount takes them: <c>'type=bind,source=/here,target=/inside,readonly'</c>, <c>'type=tmpfs,target=/scratch,tmpfs-size=64m'</c>,
/// hashtables of the same keys, or <see cref="ContainerMount"/> and <see cref="ContainerTmpfs"/> objects.
/// </summary>
internal sealed class MountOptionArgumentAttribute : ArgumentAttribute
{
    private const string Spelling = "write 'type=bind,source=/here,target=/inside' or 'type=tmpfs,target=/inside' in quotes";

    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Elements(input).Select(value => ConvertOne(session, value)).ToArray();

    private static IContainerMount ConvertOne(SessionState session, object value)
    {
        if (Unwrap(value) is IContainerMount mount)
        {
            return mount;
        }

        var options = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (Unwrap(value) is IDictionary table)
        {
            foreach (DictionaryEntry entry in table)
            {
                options[Text(entry.Key)] = entry.Value is null ? "" : Text(entry.Value);
            }
        }
        else
        {
            foreach (var option in Text(value).Split(','))
            {
                var (key, text) = option.Split('=', 2) is [var name, var rest] ? (name, rest) : (option, "true");
                options[key] = text;
            }
        }

        var whole = string.Join(',', options.Select(static option => $"{option.Key}={option.Value}"));
        return Take(options, "type") switch
        {
            "bind" => Bind(session, options, whole),
            "tmpfs" => Tmpfs(options, whole),
            null => throw new FormatException($"'{whole}' has no type: {Spelling}."),
            var type => throw new FormatException($"'{type}' is no type of mount that this version has: {Spelling}."),
        };
    }

    private static ContainerMount Bind(SessionState session, Dictionary<string, string> options, string whole)
    {
        var mount = new ContainerMount
        {
            Source = Take(options, "source", "src") ?? "",
            Target = Take(options, "target", "destination", "dst") ?? "",
            ReadOnly = Flag(options, whole, "readonly", "ro"),
            NonRecursive = Flag(options, whole, "bind-nonrecursive"),
            Propagation = Take(options, "bind-propagation") is { } word
                ? VolumeArgumentAttribute.Propagation(word) ?? throw new FormatException($"'{word}' in the mount '{whole}' is no propagation: it is [r]private, [r]shared or [r]slave.")
                : ContainerMountPropagation.RPrivate,
        };
        RefuseRest(options, whole, "source, target, readonly, bind-propagation and bind-nonrecursive");
        return VolumeArgumentAttribute.Checked(session, mount, whole);
    }

    private static ContainerTmpfs Tmpfs(Dictionary<string, string> options, string whole)
    {
        var mount = new ContainerTmpfs
        {
            Target = Take(options, "target", "destination", "dst") ?? "",
            Size = Take(options, "tmpfs-size") is { } size ? TmpfsArgumentAttribute.Size(size, whole) : null,
            Mode = Take(options, "tmpfs-mode") is { } mode ? TmpfsArgumentAttribute.Mode(mode, whole) : ContainerTmpfs.DefaultMode,
            ReadOnly = Flag(options, whole, "readonly", "ro"),
        };
        RefuseRest(options, whole, "target, tmpfs-size, tmpfs-mode and readonly");
        return mount.Target.StartsWith('/') ? mount : throw new FormatException($"'{whole}' has no absolute path inside as its target: {Spelling}.");
    }

    private static string? Take(Dictionary<string, string> options, params string[] names)
    {
        foreach (var name in names)
        {
            if (options.Remove(name, out var value))
            {
                return value;
            }
        }

        return null;
    }

    private static bool Flag(Dictionary<string, string> options, string whole, params string[] names) =>
        Take(options, names)?.ToUpper(CultureInfo.InvariantCulture) switch
        {
            null or "FALSE" or "0" => false,
            "TRUE" or "1" => true,
            var value => throw new FormatException($"'{value}' in the mount '{whole}' is neither true nor false."),
        };

    private static void RefuseRest(Dictionary<string, string> options, string whole, string known)
    {
        if (options.Count > 0)
        {
            throw new FormatException($"'{options.First().Key}' is no option of the mount '{whole}': its options are type, {known}.");
        }
    }
}
