using System.Globalization;

namespace Containers.Engine.Runtime;

/// <summary>The names of Linux's signals (signal(7)); the numbers are those of x86-64 and arm64, which agree.</summary>
public static class SignalName
{
    /// <summary>The highest number.</summary>
    public const int Last = 64;

    // The C library keeps the kernel's first two real-time signals, 32 and 33, to itself.
    private const int FirstRealTime = 34;

    private static readonly string[] Standard =
    [
        string.Empty, "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD",
        "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    private static readonly Dictionary<string, int> Others = new(StringComparer.Ordinal) { ["IOT"] = 6, ["CLD"] = 17, ["POLL"] = 29, ["RTMIN"] = FirstRealTime, ["RTMAX"] = Last };

    /// <summary>The names of all signals that have one, <c>SIGHUP</c> first.</summary>
    public static IEnumerable<string> All => Standard.Skip(1).Append("RTMIN").Append("RTMAX").Select(name => "SIG" + name);

    /// <summary>Reads a signal: a number, a name with or without SIG in any case, <c>RTMIN+n</c> or <c>RTMAX-n</c>.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Its number, 1 to <see cref="Last"/>; null where it is none.</returns>
    public static int? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return number is > 0 and <= Last ? number : null;
        }

        string name = text.ToUpperInvariant();
        name = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        int index = Array.IndexOf(Standard, name);
        return index > 0 || Others.TryGetValue(name, out index) ? index
            : name.StartsWith("RTMIN+", StringComparison.Ordinal) ? RealTime(FirstRealTime, 1, name)
            : name.StartsWith("RTMAX-", StringComparison.Ordinal) ? RealTime(Last, -1, name)
            : null;
    }

    /// <summary>The name of a signal.</summary>
    /// <param name="number">Its number.</param>
    /// <returns><c>SIGTERM</c>, <c>SIGRTMIN+n</c> for the real-time ones, the number for what has no name.</returns>
    public static string Of(int number) => number switch
    {
        > 0 and < 32 => "SIG" + Standard[number],
        FirstRealTime => "SIGRTMIN",
        Last => "SIGRTMAX",
        > FirstRealTime and < Last => string.Create(CultureInfo.InvariantCulture, $"SIGRTMIN+{number - FirstRealTime}"),
        _ => number.ToString(CultureInfo.InvariantCulture),
    };

    private static int? RealTime(int from, int direction, string name) =>
        int.TryParse(name.AsSpan("RTMIN+".Length), NumberStyles.None, CultureInfo.InvariantCulture, out int offset) && offset <= Last - FirstRealTime ? from + (direction * offset) : null;
}
