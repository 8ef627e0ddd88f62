using System.Management.Automation;

namespace Containers.Commands;

/// <summary>Which events Watch-ContainerEvent shows: those that match one of the values of each parameter, and all labels.</summary>
internal sealed class EventFilter(IReadOnlyList<string> containers, IReadOnlyList<string>? images, IReadOnlyList<string>? actions, string? type, IReadOnlyList<string>? labels)
{
    private readonly IReadOnlyList<WildcardPattern> _containers = Patterns(containers, WildcardOptions.CultureInvariant);
    private readonly IReadOnlyList<WildcardPattern> _images = Patterns(images, WildcardOptions.CultureInvariant);
    private readonly IReadOnlyList<WildcardPattern> _actions = Patterns(actions, WildcardOptions.CultureInvariant | WildcardOptions.IgnoreCase);

    /// <summary>Whether an event is shown.</summary>
    /// <param name="happened">The event.</param>
    /// <returns>Whether it is.</returns>
    public bool Matches(Engine.Events.ContainerEvent happened) =>
        (type is null || happened.Type.Equals(type, StringComparison.OrdinalIgnoreCase))
        && (_actions.Count == 0 || _actions.Any(pattern => pattern.IsMatch(happened.Action)))
        && (_containers.Count == 0 || IsContainer(happened))
        && (_images.Count == 0 || _images.Any(pattern => ImageNames(happened).Any(pattern.IsMatch)))
        && (labels ?? []).All(label => HasLabel(happened, label));

    private static WildcardPattern[] Patterns(IReadOnlyList<string>? texts, WildcardOptions options) =>
        [.. (texts ?? []).Select(text => new WildcardPattern(text, options))];

    private bool IsContainer(Engine.Events.ContainerEvent happened) =>
        happened.Type == Engine.Events.ContainerEvent.ContainerType
        && (_containers.Any(pattern => pattern.IsMatch(happened.Name ?? "") || pattern.IsMatch(happened.Id))
            || containers.Any(text => text.All(char.IsAsciiHexDigitLower) && happened.Id.StartsWith(text, StringComparison.Ordinal)));

    /// <summary>What the image may be called: a container's options have its name as it was written, an image has its whole one.</summary>
    private static IEnumerable<string> ImageNames(Engine.Events.ContainerEvent happened)
    {
        if (happened.Type == Engine.Events.ContainerEvent.ImageType)
        {
            yield return happened.Id;
        }

        if (happened.Image is not { } name)
        {
            yield break;
        }

        yield return name;

        // A colon before the last slash belongs to a registry's port.
        var colon = name.LastIndexOf(':');
        yield return colon > name.LastIndexOf('/') ? name[..colon] : name + ":latest";
    }

    private static bool HasLabel(Engine.Events.ContainerEvent happened, string label)
    {
        var equals = label.IndexOf('=', StringComparison.Ordinal);
        return equals < 0
            ? happened.Labels.ContainsKey(label)
            : happened.Labels.TryGetValue(label[..equals], out var value) && value == label[(equals + 1)..];
    }
}
