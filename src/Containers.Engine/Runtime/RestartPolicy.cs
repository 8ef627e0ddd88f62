using System.Globalization;

namespace Containers.Engine.Runtime;

/// <summary>When a container that has ended is started again without being asked.</summary>
public enum RestartMode
{
    /// <summary>Never.</summary>
    No,

    /// <summary>Where it ended with an exit code other than 0, or in an unknown way.</summary>
    OnFailure,

    /// <summary>Always, and after the machine's start also where the user had stopped it.</summary>
    Always,

    /// <summary>Always, until the user stops it.</summary>
    UnlessStopped,
}

/// <summary>A container's restart policy, in Docker's words: <c>no</c>, <c>on-failure</c>, <c>on-failure:3</c>, <c>always</c>, <c>unless-stopped</c>.</summary>
/// <param name="Mode">When it is started again.</param>
/// <param name="MaximumRetries">With <see cref="RestartMode.OnFailure"/>, how many restarts there are at most; 0 for no bound.</param>
public sealed record RestartPolicy(RestartMode Mode, int MaximumRetries = 0)
{
    /// <summary>No restarts.</summary>
    public static RestartPolicy No { get; } = new(RestartMode.No);

    /// <summary>Reads a policy in Docker's words, of whatever case.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The policy.</returns>
    /// <exception cref="EngineException">InvalidArgument.</exception>
    public static RestartPolicy Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':', 2);
        RestartMode mode = parts[0].ToUpperInvariant() switch
        {
            "NO" => RestartMode.No,
            "ON-FAILURE" => RestartMode.OnFailure,
            "ALWAYS" => RestartMode.Always,
            "UNLESS-STOPPED" => RestartMode.UnlessStopped,
            _ => throw Invalid(text, $"'{text}' is no restart policy: write no, on-failure, on-failure:N, always or unless-stopped."),
        };
        if (parts.Length == 1)
        {
            return new RestartPolicy(mode);
        }

        if (mode != RestartMode.OnFailure)
        {
            throw Invalid(text, $"The restart policy '{text}' has a number of restarts, which only on-failure can have: on-failure:3.");
        }

        return int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int retries) && retries > 0
            ? new RestartPolicy(mode, retries)
            : throw Invalid(text, $"'{parts[1]}' in the restart policy '{text}' is no number of restarts: it is 1 to {int.MaxValue}, as in on-failure:3.");
    }

    /// <summary>The policy in Docker's words.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Mode switch
    {
        RestartMode.No => "no",
        RestartMode.Always => "always",
        RestartMode.UnlessStopped => "unless-stopped",
        _ => MaximumRetries == 0 ? "on-failure" : string.Create(CultureInfo.InvariantCulture, $"on-failure:{MaximumRetries}"),
    };

    /// <summary>Whether a container that has ended by itself is started again.</summary>
    /// <param name="exitCode">Its exit code; null where it is not known.</param>
    /// <param name="restarts">How often it was started again before.</param>
    internal bool Wants(int? exitCode, int restarts) => Mode switch
    {
        RestartMode.No => false,
        RestartMode.OnFailure => exitCode != 0 && (MaximumRetries == 0 || restarts < MaximumRetries),
        _ => true,
    };

    private static EngineException Invalid(string text, string message) => new(EngineErrorReason.InvalidArgument, text, message);
}
