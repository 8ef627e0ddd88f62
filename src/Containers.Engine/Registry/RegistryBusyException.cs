namespace Containers.Engine.Registry;

/// <summary>A server that asks to come back later, between where it said so and where it is known how often that was.</summary>
/// <param name="failure">The same for the user.</param>
/// <param name="retryAfter">How long it asks to wait; null where it does not say.</param>
internal sealed class RegistryBusyException(EngineException failure, TimeSpan? retryAfter) : Exception(failure.Message, failure)
{
    /// <summary>The same for the user.</summary>
    public EngineException Failure => failure;

    /// <summary>How long it asks to wait; null where it does not say.</summary>
    public TimeSpan? RetryAfter => retryAfter;
}
