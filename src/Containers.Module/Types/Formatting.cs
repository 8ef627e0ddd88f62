using System.Globalization;

namespace Containers;

/// <summary>What the views (module/Containers.Format.ps1xml) show for people in place of raw values.</summary>
public static class Formatting
{
    private const int ShortIdLength = 12;

    /// <summary>The first twelve digits of an id, without its algorithm.</summary>
    /// <param name="id">The id; null gives an empty text.</param>
    /// <returns>The text.</returns>
    public static string ShortId(string? id)
    {
        if (id is null)
        {
            return "";
        }

        var digits = id[(id.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return digits.Length > ShortIdLength ? digits[..ShortIdLength] : digits;
    }

    /// <summary>A state with what is particular about it: <c>Exited (137, OutOfMemory)</c>, <c>Running (healthy)</c>.</summary>
    /// <param name="container">The container.</param>
    /// <returns>The text.</returns>
    public static string State(Container container)
    {
        ArgumentNullException.ThrowIfNull(container);
        var details = new List<string>(2);
        if (container.State is ContainerState.Exited or ContainerState.Restarting && container.ExitCode is { } code)
        {
            details.Add(code.ToString(CultureInfo.InvariantCulture));
        }

        if (container.Reason != ContainerStateReason.None)
        {
            details.Add(container.Reason.ToString());
        }

        if (container is { State: ContainerState.Running, Health: { } health })
        {
            details.Add(health.Status == ContainerHealthStatus.Starting ? "health starting" : health.Status.ToString().ToLowerInvariant());
        }

        return details.Count == 0 ? container.State.ToString() : $"{container.State} ({string.Join(", ", details)})";
    }

    /// <summary>A container's health with what its checks have found: <c>Unhealthy (3 failed in a row)</c>.</summary>
    /// <param name="health">The health; null, and that of a container that does not run, gives an empty text.</param>
    /// <returns>The text.</returns>
    public static string Health(ContainerHealth? health) => health switch
    {
        null or { Status: ContainerHealthStatus.None } => "",
        { FailingStreak: > 0 and var streak } => string.Create(CultureInfo.InvariantCulture, $"{health.Status} ({streak} failed in a row)"),
        _ => health.Status.ToString(),
    };

    /// <summary>Where a container's root file system comes from: its image, or its folder.</summary>
    /// <param name="container">The container.</param>
    /// <returns>The text.</returns>
    public static string Source(Container container)
    {
        ArgumentNullException.ThrowIfNull(container);
        return container.Image ?? container.RootFileSystem ?? "";
    }

    /// <summary>What of a changed file is not the same; the time only where it is all that differs.</summary>
    /// <param name="difference">The difference.</param>
    /// <returns>The text; empty for what was added or removed.</returns>
    public static string Aspect(ContainerImageDifference difference)
    {
        ArgumentNullException.ThrowIfNull(difference);
        var shown = difference.Aspect == ContainerFileAspects.Time ? difference.Aspect : difference.Aspect & ~ContainerFileAspects.Time;
        return shown == ContainerFileAspects.None ? "" : shown.ToString();
    }

    /// <summary>A command as one line of text; words with blanks are quoted, control characters shown as a question mark.</summary>
    /// <param name="words">The words; null gives an empty text.</param>
    /// <returns>The text.</returns>
    public static string Command(IEnumerable<string>? words) =>
        Line(string.Join(' ', (words ?? []).Select(static word =>
            word.Length == 0 || word.Any(char.IsWhiteSpace) ? $"'{word.Replace("'", "''", StringComparison.Ordinal)}'" : word)));

    /// <summary>A text without control characters, which could redraw a terminal.</summary>
    /// <param name="text">The text; null gives an empty one.</param>
    /// <returns>The text.</returns>
    public static string Line(string? text) =>
        string.Create((text ?? "").Length, text ?? "", static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) ? '?' : source[i];
            }
        });

    /// <summary>Bytes for people: <c>1.5 GiB</c>.</summary>
    /// <param name="bytes">The bytes; null gives an empty text.</param>
    /// <returns>The text.</returns>
    public static string Size(long? bytes) => bytes is >= 0 and var known ? new ByteSize(known).ToString() : "";

    /// <summary>A percentage for people: <c>12.5 %</c>.</summary>
    /// <param name="percent">The percentage; null gives an empty text.</param>
    /// <returns>The text.</returns>
    public static string Percent(double? percent) => percent is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known:0.0} %") : "";

    /// <summary>How long ago a moment was: <c>5 min</c>.</summary>
    /// <param name="moment">The moment; null gives an empty text.</param>
    /// <returns>The text.</returns>
    public static string Age(DateTimeOffset? moment) => moment is { } known ? Span(DateTimeOffset.UtcNow - known) : "";

    /// <summary>A duration in its largest whole unit: <c>3 h</c>.</summary>
    /// <param name="span">The duration; a negative one, as a clock set back gives, counts as none.</param>
    /// <returns>The text.</returns>
    public static string Span(TimeSpan span)
    {
        var (number, unit) = span switch
        {
            { TotalSeconds: < 60 } => (Math.Max(0, span.TotalSeconds), "s"),
            { TotalMinutes: < 60 } => (span.TotalMinutes, "min"),
            { TotalHours: < 48 } => (span.TotalHours, "h"),
            { TotalDays: < 730 } => (span.TotalDays, "d"),
            _ => (span.TotalDays / 365.25, "y"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(number):0} {unit}");
    }

    /// <summary>A yes for true and nothing for false, so that what is particular stands out.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The text.</returns>
    public static string Mark(bool value) => value ? "yes" : "";

    /// <summary>Values with their keys, sorted, in one line: <c>A=1, B=2</c>.</summary>
    /// <param name="pairs">The pairs; null gives an empty text.</param>
    /// <returns>The text.</returns>
    public static string Pairs(IReadOnlyDictionary<string, string>? pairs) =>
        pairs is null ? "" : Line(string.Join(", ", pairs.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key}={pair.Value}")));

    /// <summary>A value of the configuration with where it comes from: <c>10 MiB (File)</c>.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="name">The property.</param>
    /// <param name="value">Its value for people; null or empty where there is none.</param>
    /// <returns>The text.</returns>
    public static string Setting(ContainerConfiguration configuration, string name, object? value)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var text = value is TimeSpan time ? Span(time) : Line(Convert.ToString(value, CultureInfo.InvariantCulture));
        return $"{(text.Length == 0 ? "none" : text)} ({(configuration.Source.TryGetValue(name, out var source) ? source : ContainerConfigurationSource.Default)})";
    }

    /// <summary>Values in one line.</summary>
    /// <param name="values">The values; null gives an empty text.</param>
    /// <returns>The text.</returns>
    public static string Join(System.Collections.IEnumerable? values) =>
        values is null ? "" : Line(string.Join(", ", values.Cast<object>()));
}
