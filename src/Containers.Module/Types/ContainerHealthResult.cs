namespace Containers;

/// <summary>What a check of a container's health has found.</summary>
public sealed class ContainerHealthResult
{
    /// <summary>The container's name.</summary>
    public required string ContainerName { get; init; }

    /// <summary>The container's id.</summary>
    public required string ContainerId { get; init; }

    /// <summary>When the check began.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset FinishedAt { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration => FinishedAt - StartedAt;

    /// <summary>The command's exit code, 128 + signal where a signal ended it; -1 where it could not be run or took too long.</summary>
    public int ExitCode { get; init; }

    /// <summary>Whether the container was well: exit code 0.</summary>
    public bool IsSuccess => ExitCode == 0;

    /// <summary>The first 4096 bytes of what the command wrote, standard output and error together; of a check that could not be run or took too long also why.</summary>
    public string Output { get; init; } = "";

    /// <summary>The result in a word.</summary>
    /// <returns>The time and the exit code.</returns>
    public override string ToString() => $"{FinishedAt:u} exit code {ExitCode}";
}
