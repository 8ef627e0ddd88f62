using Containers.Commands;
using Containers.Engine;

namespace Containers.Completion;

/// <summary>Completes registries: Docker's, those that the configuration names, and those that images here came from.</summary>
internal sealed class RegistryCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values()
    {
        var hosts = new SortedSet<string>(StringComparer.Ordinal) { "docker.io" };
        try
        {
            var engine = EngineSession.Current();
            hosts.UnionWith(engine.Configuration.Registries.Keys);
            hosts.UnionWith(engine.Images.List().Select(static image => HostOf(image.Name)).OfType<string>());
        }
        catch (EngineException)
        {
            // No further completion is the only answer that does not disturb the line being typed.
        }

        return [.. hosts.Select(static host => KeyValuePair.Create(host, host))];
    }

    private static string? HostOf(string? name)
    {
        var slash = (name ?? "").IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && name![..slash] is var first && (first.AsSpan().ContainsAny('.', ':') || first is "localhost") ? first : null;
    }
}
