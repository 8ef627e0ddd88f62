using System.Globalization;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>In-memory folders: <c>/path</c>, with options after a colon: <c>'/path:size=64m,mode=1777,exec'</c>.</summary>
internal sealed class TmpfsArgumentAttribute : ArgumentAttribute
{
    private const string Spelling = "write '/path', or in quotes '/path:size=64m,mode=1777,exec'";

    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Elements(input).Select(static value => Unwrap(value) as ContainerTmpfs ?? Parse(Text(value))).ToArray();

    /// <summary>Reads a size above 0.</summary>
    internal static ByteSize Size(string value, string text)
    {
        var size = ByteSize.Parse(value);
        return size.Bytes > 0 ? size : throw new FormatException($"The size of the in-memory folder '{text}' must be above 0.");
    }

    /// <summary>Reads octal permission bits.</summary>
    internal static int Mode(string value, string text)
    {
        if (value.Length is 0 or > 5 || value.Any(static c => c is < '0' or > '7') || System.Convert.ToInt32(value, 8) is not (>= 0 and <= 4095 and var mode))
        {
            throw new FormatException($"'{value}' in the in-memory folder '{text}' is no mode: write octal digits up to 7777, as mode=1777.");
        }

        return mode;
    }
    private static ContainerTmpfs Parse(string text)
    {
        if (text.Length == 0 || text[0] != '/')
        {
            // What an unquoted comma leaves of the options is an element of its own.
            throw new FormatException($"'{text}' is no in-memory folder: {Spelling}.");
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var result = new ContainerTmpfs { Target = colon < 0 ? text : text[..colon] };
        if (colon < 0)
        {
            return result;
        }

        foreach (var option in text[(colon + 1)..].Split(','))
        {
            var (name, value) = option.Split('=', 2) is [var key, var rest] ? (key, rest) : (option, null);
            result = (name, value) switch
            {
                ("size", not null) => result with { Size = Size(value, text) },
                ("mode", not null) => result with { Mode = Mode(value, text) },
                ("exec", null) => result with { Executable = true },
                ("noexec", null) => result with { Executable = false },
                ("uid", not null) => result with { UserId = Id(value, text) },
                ("gid", not null) => result with { GroupId = Id(value, text) },
                ("ro", null) => result with { ReadOnly = true },
                ("rw", null) => result with { ReadOnly = false },

                // So it is in any case.
                ("nosuid" or "nodev", null) => result,
                _ => throw new FormatException(
                    $"'{option}' is no option of the in-memory folder '{text}': the options are size=, mode=, uid=, gid=, exec, noexec, ro, rw, nosuid and nodev."),
            };
        }

        return result;
    }

    private static int Id(string value, string text) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : throw new FormatException($"'{value}' in the in-memory folder '{text}' is no number of a user or group: it is 0 to {int.MaxValue}.");
}
