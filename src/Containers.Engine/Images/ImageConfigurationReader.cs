namespace Containers.Engine.Images;

/// <summary>What an image's configuration means for containers. Its values are hostile: they are checked where a container is made of them.</summary>
internal static class ImageConfigurationReader
{
    /// <summary>Reads a configuration.</summary>
    /// <param name="config">The part of the document; null where there is none.</param>
    /// <returns>The same in the engine's terms.</returns>
    public static ImageConfiguration Read(OciImageConfig? config) => config is null ? new ImageConfiguration() : new()
    {
        Entrypoint = config.Entrypoint ?? [],
        Cmd = config.Cmd ?? [],
        Env = config.Env ?? [],
        User = NullIfEmpty(config.User),
        WorkingDir = NullIfEmpty(config.WorkingDir),
        StopSignal = NullIfEmpty(config.StopSignal),
        Labels = (config.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal)).ToDictionary(label => label.Key, label => label.Value ?? string.Empty, StringComparer.Ordinal),
        ExposedPorts = [.. (config.ExposedPorts?.Keys ?? Enumerable.Empty<string>()).Order(StringComparer.Ordinal)],
        Volumes = [.. (config.Volumes?.Keys ?? Enumerable.Empty<string>()).Order(StringComparer.Ordinal)],
        Healthcheck = config.Healthcheck is { Test.Count: > 0 } check ? Read(check) : null,
        OnBuild = config.OnBuild ?? [],
        Shell = config.Shell ?? [],
    };

    private static ImageHealthcheck Read(OciHealthcheck check) => new()
    {
        Test = check.Test ?? [],
        Interval = Time(check.Interval),
        Timeout = Time(check.Timeout),
        StartPeriod = Time(check.StartPeriod),
        StartInterval = Time(check.StartInterval),
        Retries = check.Retries is > 0 ? check.Retries : null,
    };

    private static TimeSpan? Time(long? nanoseconds) => nanoseconds is > 0 and var known ? TimeSpan.FromTicks(known / TimeSpan.NanosecondsPerTick) : null;

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
