using Containers.Engine.Health;

namespace Containers.Engine.Runtime;

/// <content>The health check.</content>
internal static partial class ContainerOptionsCheck
{
    internal static readonly TimeSpan ShortestCheck = TimeSpan.FromMilliseconds(1), LongestCheck = TimeSpan.FromDays(24);

    private static void CheckHealth(ContainerOptions options)
    {
        if (options.Health is not { } health)
        {
            return;
        }

        if (health.Test is not ([] or ["NONE"] or ["CMD-SHELL", { Length: > 0 }] or ["CMD", { Length: > 0 }, ..]))
        {
            throw Invalid("health check", "The health check's command is empty. Give a line for the shell, or a program and its arguments.");
        }

        foreach (string word in health.Test)
        {
            CheckText(word, "the health check's command");
        }

        if (health is { Test: ["NONE"], HasSettings: true })
        {
            throw Invalid("health check", "No health check (none) is asked for together with settings of one. Leave out one or the other.");
        }

        CheckTime(health.Interval, ShortestCheck, "interval");
        CheckTime(health.Timeout, ShortestCheck, "timeout");
        CheckTime(health.StartPeriod, TimeSpan.Zero, "start period");
        CheckTime(health.StartInterval, ShortestCheck, "start interval");
        if (health.Retries is < 1)
        {
            throw Invalid("retries", $"The number of failed checks that make a container unhealthy must be at least 1; {health.Retries} was given.");
        }

        if (health.OnFailure == HealthFailureAction.Restart && options.RemoveOnExit)
        {
            throw Invalid("on failure", "A container that is removed at its end (-Rm) cannot be started anew when it is unhealthy. Use Kill or Stop, or leave out -Rm.");
        }
    }

    private static void CheckTime(TimeSpan? time, TimeSpan least, string what)
    {
        if (time < least || time > LongestCheck)
        {
            throw Invalid(what, $"The {what} of the health check must be at least {(least == TimeSpan.Zero ? "0" : "1 ms")} and at most {LongestCheck.TotalDays} days; {time} was given.");
        }
    }
}
