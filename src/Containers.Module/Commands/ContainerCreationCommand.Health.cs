using System.Management.Automation;
using Containers.Arguments;
using Containers.Engine.Health;

namespace Containers.Commands;

/// <content>How it is found out whether the container is well.</content>
public abstract partial class ContainerCreationCommand
{
    /// <summary>
    /// The command that finds out whether the container is well, run in it again and again, with or without a session: exit code 0 says yes. One text is a line for
    /// the image's shell (/bin/sh -c), several are a program and its arguments, and none takes the image's check away. Without it the image's (HEALTHCHECK).
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? HealthCommand { get; set; }

    /// <summary>The time from a check's end, or from the start, to the next check: '10s', '1m30s', a number of seconds, or a TimeSpan; at least 1 ms. Without it the image's, else 30 s.</summary>
    [Parameter]
    [DurationArgument]
    public TimeSpan? HealthInterval { get; set; }

    /// <summary>The time that a check may take before it is killed and has failed; at least 1 ms. Without it the image's, else 30 s.</summary>
    [Parameter]
    [DurationArgument]
    public TimeSpan? HealthTimeout { get; set; }

    /// <summary>How many checks in a row must fail for the container to be unhealthy. Without it the image's, else 3.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? HealthRetries { get; set; }

    /// <summary>The time from the start in which failures do not count, as long as no check has succeeded. Without it the image's, else 0.</summary>
    [Parameter]
    [DurationArgument]
    public TimeSpan? HealthStartPeriod { get; set; }

    /// <summary>The interval in the start period, as long as no check has succeeded; at least 1 ms. Without it the image's, else 5 s.</summary>
    [Parameter]
    [DurationArgument]
    public TimeSpan? HealthStartInterval { get; set; }

    /// <summary>What is done once the container is unhealthy: None; Kill; Stop, as Stop-Container does it; Restart, as Restart-Container does it. Without it None: its state says it.</summary>
    [Parameter]
    public ContainerHealthFailureAction HealthOnFailure { get; set; }

    private HealthOptions? Health()
    {
        var asked = new HealthOptions
        {
            Test = HealthCommand switch
            {
                null => [],
                [var one] when one.Equals("none", StringComparison.OrdinalIgnoreCase) => ["NONE"],
                [var line] => ["CMD-SHELL", line],
                _ => ["CMD", .. HealthCommand],
            },
            Interval = HealthInterval,
            Timeout = HealthTimeout,
            Retries = HealthRetries,
            StartPeriod = HealthStartPeriod,
            StartInterval = HealthStartInterval,
            OnFailure = (HealthFailureAction)HealthOnFailure,
        };
        return asked.Test.Count > 0 || asked.HasSettings ? asked : null;
    }
}
