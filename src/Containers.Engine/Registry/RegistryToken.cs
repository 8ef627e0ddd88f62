using System.Net.Http.Headers;

namespace Containers.Engine.Registry;

/// <summary>A token for some scopes of a registry.</summary>
/// <param name="Header">What requests carry.</param>
/// <param name="ExpiresAt">When it loses its worth, by this process's clock of ticks (<see cref="Environment.TickCount64"/>).</param>
internal sealed record RegistryToken(AuthenticationHeaderValue Header, long ExpiresAt)
{
    /// <summary>Whether it is still good for a request.</summary>
    public bool IsFresh => Environment.TickCount64 < ExpiresAt;
}
