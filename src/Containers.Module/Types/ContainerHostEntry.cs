namespace Containers;

/// <summary>A line of a container's /etc/hosts.</summary>
/// <param name="Name">The host's name.</param>
/// <param name="Address">Its IPv4 or IPv6 address.</param>
public sealed record ContainerHostEntry(string Name, string Address)
{
    /// <summary>The form that <c>-AddHost</c> takes: <c>db:10.0.0.5</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Name}:{Address}";
}
