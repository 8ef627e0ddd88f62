using System.Globalization;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>Limits of processes: <c>nofile=1024</c>, <c>nofile=1024:2048</c>; -1 for no limit.</summary>
internal sealed class UlimitArgumentAttribute : ArgumentAttribute
{
    /// <summary>The names of setrlimit(2), in small letters as docker run takes them, with what they limit.</summary>
    internal static readonly (string Name, string Meaning)[] Names =
    [
        ("as", "bytes of address space"), ("core", "bytes of a core dump"), ("cpu", "seconds of processor time"), ("data", "bytes of data"),
        ("fsize", "bytes of a file"), ("locks", "locks of files"), ("memlock", "bytes kept from being swapped"), ("msgqueue", "bytes of POSIX message queues"),
        ("nice", "20 minus the lowest nice value"), ("nofile", "open files"), ("nproc", "processes of the user"), ("rss", "bytes in memory (no effect)"),
        ("rtprio", "real-time priority"), ("rttime", "microseconds of real-time processor time"), ("sigpending", "queued signals"), ("stack", "bytes of the stack"),
    ];

    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Elements(input).Select(static value => Unwrap(value) as ContainerUlimit ?? Parse(Text(value))).ToArray();

    private static ContainerUlimit Parse(string text)
    {
        if (text.Split('=') is [var name, var values] && values.Split(':') is [var soft, ..] parts && parts.Length <= 2
            && TryNumber(soft, out var softLimit) && TryNumber(parts[^1], out var hardLimit))
        {
            return Array.Exists(Names, known => known.Name == name)
                ? new ContainerUlimit(name, softLimit, hardLimit)
                : throw new FormatException($"'{name}' is no limit of processes: the names are {string.Join(", ", Names.Select(static known => known.Name))}.");
        }

        throw new FormatException($"'{text}' is no limit of processes: write 'nofile=1024', or 'nofile=1024:2048' for a soft and a hard one; -1 for none.");
    }

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) && number >= -1;
}
