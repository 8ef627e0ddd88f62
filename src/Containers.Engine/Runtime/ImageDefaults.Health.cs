using Containers.Engine.Health;
using Containers.Engine.Images;

namespace Containers.Engine.Runtime;

/// <content>The health check: the image's, with what is asked for in the place of its parts.</content>
internal sealed partial class ImageDefaults
{
    private static readonly string[] DefaultShell = ["/bin/sh", "-c"];

    /// <summary>How it is found out whether the container is well.</summary>
    /// <param name="name">The container's name.</param>
    /// <returns>Null where it is not found out.</returns>
    public HealthCheck? Health(string name)
    {
        HealthOptions asked = options.Health ?? new HealthOptions();
        if (asked.Test.Count == 0 && configuration.Healthcheck is { } own)
        {
            CheckImageTest(own);
        }

        IReadOnlyList<string> test = asked.Test.Count > 0 ? asked.Test : configuration.Healthcheck?.Test ?? [];
        if (test is [] or ["NONE", ..])
        {
            return asked is { HasSettings: true, Test.Count: 0 }
                ? throw ContainerOptionsCheck.Invalid(name, "Settings of a health check are given, but no command, and the image has none either. Give -HealthCommand.")
                : null;
        }

        return With(asked, configuration.Healthcheck ?? new ImageHealthcheck(), test);
    }

    private HealthCheck With(HealthOptions asked, ImageHealthcheck own, IReadOnlyList<string> test)
    {
        IReadOnlyList<string> shell = configuration.Shell.Count > 0 ? configuration.Shell : DefaultShell;
        var defaults = new HealthCheck { Command = [] };
        TimeSpan interval = asked.Interval ?? Time(own.Interval, "interval") ?? defaults.Interval;
        return defaults with
        {
            Command = test[0] == "CMD-SHELL" ? [.. shell, .. test.Skip(1)] : [.. test.Skip(1)],
            Interval = interval,
            Timeout = asked.Timeout ?? Time(own.Timeout, "timeout") ?? defaults.Timeout,
            StartPeriod = asked.StartPeriod ?? Time(own.StartPeriod, "start period") ?? defaults.StartPeriod,
            StartInterval = asked.StartInterval ?? Time(own.StartInterval, "start interval") ?? (interval < defaults.StartInterval ? interval : defaults.StartInterval),
            Retries = asked.Retries ?? own.Retries ?? defaults.Retries,
            OnFailure = asked.OnFailure,
        };
    }

    private TimeSpan? Time(TimeSpan? time, string what)
    {
        Require(
            time is null || (time >= ContainerOptionsCheck.ShortestCheck && time <= ContainerOptionsCheck.LongestCheck), $"{what} of its health check", $"{time}",
            "it must be 1 ms to 24 days", "a health check of its own (-HealthCommand, -HealthInterval, ...)");
        return time;
    }

    private void CheckImageTest(ImageHealthcheck own)
    {
        Require(
            own.Test is ["NONE"] or ["CMD-SHELL", { Length: > 0 }] or ["CMD", { Length: > 0 }, ..], "health check", string.Join(' ', own.Test),
            "it must be NONE, CMD with a program and its arguments, or CMD-SHELL with a line for the shell", "-HealthCommand");
        foreach (string word in own.Test.Concat(configuration.Shell))
        {
            Require(IsText(word), "health check", word, $"it holds a NUL, or more than {ContainerOptionsCheck.LongestArgument} characters", "-HealthCommand");
        }
    }
}
