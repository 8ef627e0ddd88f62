using Containers.Commands;
using Containers.Engine;

namespace Containers.Completion;

/// <summary>Completes the repositories that images here are named after.</summary>
internal sealed class RepositoryCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values()
    {
        try
        {
            return [.. EngineSession.Current().Images.List()
                .Where(static image => image is { Name: not null, IsBuiltIn: false })
                .Select(static image => image.Name![..image.Name!.LastIndexOf(':')])
                .Distinct(StringComparer.Ordinal)
                .Select(static repository => KeyValuePair.Create(repository, repository))];
        }
        catch (EngineException)
        {
            // No completion is the only answer that does not disturb the line being typed.
            return [];
        }
    }
}
