namespace Containers;

/// <summary>One of the protections that <c>-SecurityOpt</c> changes.</summary>
/// <param name="Name"><c>no-new-privileges</c>, <c>seccomp</c> or <c>systempaths</c>.</param>
/// <param name="Value">What it is set to: <c>true</c>, <c>false</c>, <c>unconfined</c>, or a profile's file.</param>
public sealed record ContainerSecurityOption(string Name, string Value)
{
    /// <summary>The form that <c>-SecurityOpt</c> takes: <c>seccomp=unconfined</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Name}={Value}";
}
