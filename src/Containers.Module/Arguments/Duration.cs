using System.Globalization;
using System.Text.RegularExpressions;

namespace Containers.Arguments;

/// <summary>Durations as text: <c>30s</c>, <c>1m30s</c>, <c>500ms</c>, <c>1.5h</c>, <c>7d</c>, <c>00:01:30</c>, or a number of seconds.</summary>
internal static partial class Duration
{
    /// <summary>Reads a duration.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The duration, 0 or more.</returns>
    /// <exception cref="FormatException">It is no duration, or too long.</exception>
    public static TimeSpan Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        if (decimal.TryParse(trimmed, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
        {
            return FromSeconds(seconds);
        }

        if (trimmed.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParse(trimmed, CultureInfo.InvariantCulture, out var span)
            && span >= TimeSpan.Zero)
        {
            return span;
        }

        var match = Pattern().Match(trimmed);
        if (trimmed.Length == 0 || !match.Success)
        {
            throw new FormatException($"'{text}' is no duration: write '30s', '1m30s', '500ms', a number of seconds, or a TimeSpan.");
        }

        return FromSeconds(
            (Part(match, "d") * 86400) + (Part(match, "h") * 3600) + (Part(match, "m") * 60) + Part(match, "s") + (Part(match, "ms") / 1000));
    }

    /// <summary>
    /// Makes a duration of what PowerShell read as a number: <c>2d</c> and <c>30s</c> are numbers to it, a decimal and a short
    /// integer.
    /// </summary>
    /// <param name="seconds">The number.</param>
    /// <param name="spelling">How it was written.</param>
    /// <returns>The duration, 0 or more.</returns>
    /// <exception cref="FormatException">It is negative or too long.</exception>
    public static TimeSpan FromNumber(decimal seconds, string spelling) =>
        spelling.EndsWith('d') || spelling.EndsWith('s') ? Parse(spelling) : FromSeconds(seconds);

    /// <summary>Makes a duration of a number of seconds.</summary>
    /// <param name="seconds">The seconds.</param>
    /// <returns>The duration.</returns>
    /// <exception cref="FormatException">It is negative or too long.</exception>
    public static TimeSpan FromSeconds(decimal seconds)
    {
        if (seconds < 0)
        {
            throw new FormatException($"'{seconds}' is no duration: it must be 0 or more.");
        }

        if (seconds > TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerSecond)
        {
            throw new FormatException($"'{seconds}' seconds is too long for a duration.");
        }

        return TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond));
    }

    private static decimal Part(Match match, string group) =>
        match.Groups[group] is { Success: true } part ? decimal.Parse(part.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) : 0;

    // At most nine digits each, so that no sum leaves decimal's range.
    [GeneratedRegex(
        @"\A(?:(?<d>\d{1,9}(?:\.\d{1,9})?)d)?(?:(?<h>\d{1,9}(?:\.\d{1,9})?)h)?(?:(?<m>\d{1,9}(?:\.\d{1,9})?)m)?(?:(?<s>\d{1,9}(?:\.\d{1,9})?)s)?(?:(?<ms>\d{1,9})ms)?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
