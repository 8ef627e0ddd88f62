namespace Containers.Engine.Configuration;

/// <summary>Options of every container's start and end.</summary>
public sealed record RuntimeConfiguration
{
    /// <summary>Seconds between the stop signal and SIGKILL where nothing else is said, 0 to 86400.</summary>
    public int StopTimeout { get; init; } = 10;

    /// <summary>Whether containers run with no_new_privs where they do not say.</summary>
    public bool NoNewPrivileges { get; init; } = true;

    /// <summary>The absolute path of a seccomp profile's file used instead of the built-in default; null for that one. Not for privileged containers.</summary>
    public string? SeccompProfile { get; init; }
}
