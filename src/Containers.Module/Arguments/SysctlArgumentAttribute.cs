namespace Containers.Arguments;

/// <summary>Kernel parameters.</summary>
internal sealed class SysctlArgumentAttribute : KeyValueArgumentAttribute
{
    /// <inheritdoc/>
    protected override string Kind => "kernel parameter";

    /// <inheritdoc/>
    protected override string ValueOf(string key) => throw new FormatException($"The kernel parameter '{key}' has no value: write {key}=VALUE.");
}
