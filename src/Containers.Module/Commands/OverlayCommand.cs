using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Overlays;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>What the cmdlets of overlays share: finding them by path.</summary>
public abstract class OverlayCommand : ContainerCommand
{
    /// <summary>
    /// The overlays of a path: the topmost that is mounted there, or all that match a wildcard. A path without one is an error; a wildcard that matches none is not.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="path">The path.</param>
    /// <returns>The overlays.</returns>
    private protected IReadOnlyList<OverlayMount> FindOverlays(ContainerEngine engine, string path)
    {
        var all = engine.ListOverlays();
        var isPattern = WildcardPattern.ContainsWildcardCharacters(path) && !all.Any(overlay => overlay.Path == path);
        if (isPattern)
        {
            return Matching(all, path);
        }

        IReadOnlyList<OverlayMount> found = [];
        Attempt(EngineErrors.Overlay, path, () => found = [engine.GetOverlay(path)]);
        return found;
    }

    /// <summary>Those that are mounted on a path, or on one that matches a wildcard.</summary>
    private protected static IReadOnlyList<OverlayMount> Matching(IReadOnlyList<OverlayMount> all, string path)
    {
        var pattern = new WildcardPattern(path, WildcardOptions.CultureInvariant);
        return [.. all.Where(overlay => overlay.Path == path || pattern.IsMatch(overlay.Path))];
    }
}
