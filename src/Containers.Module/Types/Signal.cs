using System.Globalization;

namespace Containers;

/// <summary>A signal of Linux (signal(7)), by its number; the names are those of x64 and arm64, which agree.</summary>
public readonly record struct Signal
{
    // The C library keeps the kernel's first two real-time signals, 32 and 33, to itself.
    private const int RealTimeMin = 34;
    private const int RealTimeMax = 64;

    private static readonly string[] s_names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    private static readonly Dictionary<string, int> s_otherNames = new(StringComparer.Ordinal)
    {
        ["IOT"] = 6, ["CLD"] = 17, ["POLL"] = 29, ["RTMIN"] = RealTimeMin, ["RTMAX"] = RealTimeMax,
    };

    /// <summary>Makes a signal of its number.</summary>
    /// <param name="number">1 to 64.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such signal.</exception>
    public Signal(int number)
    {
        if (number is < 1 or > RealTimeMax)
        {
            throw new ArgumentOutOfRangeException(nameof(number), number, $"There is no signal {number}: signals are 1 to {RealTimeMax}.");
        }

        Number = number;
    }

    /// <summary>The number, 1 to 64.</summary>
    public int Number { get; }

    /// <summary>The name, <c>SIGTERM</c>; <c>SIGRTMIN+n</c> for the real-time ones.</summary>
    public string Name => Number switch
    {
        > 0 and < 32 => "SIG" + s_names[Number],
        RealTimeMin => "SIGRTMIN",
        RealTimeMax => "SIGRTMAX",
        > RealTimeMin => string.Create(CultureInfo.InvariantCulture, $"SIGRTMIN+{Number - RealTimeMin}"),
        _ => Number.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>The names of all signals that have one.</summary>
    internal static IEnumerable<string> Names =>
        s_names.Skip(1).Append("RTMIN").Append("RTMAX").Select(static name => "SIG" + name);

    /// <summary>Reads a name (with or without SIG, in either case), a number, <c>RTMIN+n</c> or <c>RTMAX-n</c>.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The signal.</returns>
    /// <exception cref="FormatException">There is no such signal.</exception>
    public static Signal Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number is >= 1 and <= RealTimeMax ? new Signal(number) : throw Unknown(text);
        }

        var name = text.ToUpperInvariant();
        if (name.StartsWith("SIG", StringComparison.Ordinal))
        {
            name = name[3..];
        }

        var index = name.Length == 0 ? -1 : Array.IndexOf(s_names, name);
        if (index > 0 || s_otherNames.TryGetValue(name, out index))
        {
            return new Signal(index);
        }

        var (start, direction) = name switch
        {
            _ when name.StartsWith("RTMIN+", StringComparison.Ordinal) => (RealTimeMin, 1),
            _ when name.StartsWith("RTMAX-", StringComparison.Ordinal) => (RealTimeMax, -1),
            _ => throw Unknown(text),
        };
        if (!int.TryParse(name.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            || offset > RealTimeMax - RealTimeMin)
        {
            throw Unknown(text);
        }

        return new Signal(start + (direction * offset));
    }

    private static FormatException Unknown(string text) =>
        new($"'{text}' is no signal: write a name (TERM, SIGKILL, RTMIN+3) or a number from 1 to {RealTimeMax}.");

    /// <summary>The name.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => Name;
}
