namespace Containers.Engine.Runtime;

/// <summary>A line of a container's /etc/hosts.</summary>
/// <param name="Name">The host's name.</param>
/// <param name="Address">Its IPv4 or IPv6 address.</param>
public sealed record HostEntry(string Name, string Address);
