using Containers.Engine;
using Containers.Engine.Runtime;

namespace Containers;

/// <summary>A container's restart policy, in Docker's words: <c>no</c>, <c>on-failure</c>, <c>on-failure:3</c>, <c>always</c>, <c>unless-stopped</c>.</summary>
public sealed record ContainerRestartPolicy
{
    private ContainerRestartPolicy(string name, int maximumRetryCount)
    {
        Name = name;
        MaximumRetryCount = maximumRetryCount;
    }

    /// <summary>The policy without its number: <c>no</c>, <c>on-failure</c>, <c>always</c> or <c>unless-stopped</c>.</summary>
    public string Name { get; }

    /// <summary>With on-failure, how many restarts there are at most; 0 for no bound.</summary>
    public int MaximumRetryCount { get; }

    /// <summary>Reads a policy, of whatever case.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The policy.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    public static ContainerRestartPolicy Parse(string text)
    {
        try
        {
            return Of(RestartPolicy.Parse(text));
        }
        catch (EngineException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    /// <summary>The policy as -Restart takes it.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => MaximumRetryCount == 0 ? Name : FormattableString.Invariant($"{Name}:{MaximumRetryCount}");

    /// <summary>Maps the engine's.</summary>
    /// <param name="policy">The engine's.</param>
    /// <returns>The module's.</returns>
    internal static ContainerRestartPolicy Of(RestartPolicy policy) => new((policy with { MaximumRetries = 0 }).ToString(), policy.MaximumRetries);

    /// <summary>Maps to the engine's.</summary>
    /// <returns>The engine's.</returns>
    internal RestartPolicy ToRestartPolicy() => RestartPolicy.Parse(ToString());
}
