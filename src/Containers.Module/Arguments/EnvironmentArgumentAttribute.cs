namespace Containers.Arguments;

/// <summary>Variables for a container; a name alone takes the session's value.</summary>
internal sealed class EnvironmentArgumentAttribute : KeyValueArgumentAttribute
{
    /// <inheritdoc/>
    protected override string Kind => "variable";

    /// <inheritdoc/>
    protected override string ValueOf(string key) =>
        Environment.GetEnvironmentVariable(key)
        ?? throw new FormatException($"The variable '{key}' is not set in this session: write '{key}=VALUE', or set $env:{key} first.");
}
