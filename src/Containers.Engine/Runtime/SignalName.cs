using System.Globalization;

namespace Containers.Engine.Runtime;

/// <summary>Signals as images name them.</summary>
internal static class SignalName
{
    private const int LastSignal = 64;

    // signal(7), the numbers of x86-64 and arm64.
    private static readonly string[] Names =
    [
        string.Empty, "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD",
        "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>Reads a signal: a number, or a name with or without SIG, in any case.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Its number; null where it is none.</returns>
    public static int? TryParse(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return number is > 0 and <= LastSignal ? number : null;
        }

        string name = text.ToUpperInvariant();
        name = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        int index = Array.IndexOf(Names, name);
        return index > 0 ? index : RealTime(name);
    }

    // RTMIN+n and RTMAX-n, as systemd's images have it: the C library keeps the first two for itself.
    private static int? RealTime(string name)
    {
        const int first = 34;
        (int from, int sign) = name.StartsWith("RTMIN", StringComparison.Ordinal) ? (first, 1)
            : name.StartsWith("RTMAX", StringComparison.Ordinal) ? (LastSignal, -1)
            : (0, 0);
        if (sign == 0)
        {
            return null;
        }

        string offset = name["RTMIN".Length..];
        int number = offset.Length == 0 ? 0
            : offset[0] == (sign > 0 ? '+' : '-') && int.TryParse(offset.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value < LastSignal ? value
            : LastSignal;
        int signal = from + (sign * number);
        return signal is >= first and <= LastSignal ? signal : null;
    }
}
