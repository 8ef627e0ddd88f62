using Containers.Interop;

namespace Containers.Engine.Overlays;

/// <summary>
/// The detached overlays of this process. Whoever got one holds it: once nobody does any more, it goes with the garbage, as any open file. Thread-safe.
/// </summary>
internal sealed class DetachedOverlays
{
    private readonly Lock gate = new();
    private readonly List<WeakReference<OverlayMount>> all = [];

    /// <summary>Keeps an eye on one.</summary>
    /// <param name="options">What was asked.</param>
    /// <param name="root">Its root; the overlay's from here on.</param>
    /// <returns>The overlay.</returns>
    public OverlayMount Add(OverlayOptions options, FileDescriptor root)
    {
        FileStatus status = FileInspection.StatusOf(root);
        var overlay = new OverlayMount(root)
        {
            Path = $"/proc/{Environment.ProcessId}/fd/{root.Number}",
            Lower = options.Lower,
            Upper = options.Upper,
            Work = options.Work,
            Options = options.Options,
            MountId = MountEntry.IdOf(root),
            Device = $"{status.DeviceMajor}:{status.DeviceMinor}",
            IsReadOnly = options.ReadOnly || options.Upper is null || options.Options.Contains("ro"),
        };
        lock (gate)
        {
            _ = all.RemoveAll(static one => !one.TryGetTarget(out OverlayMount? overlay) || overlay.IsClosed);
            all.Add(new WeakReference<OverlayMount>(overlay));
        }

        return overlay;
    }

    /// <summary>Those that are there.</summary>
    /// <returns>The overlays, oldest first.</returns>
    public IReadOnlyList<OverlayMount> List()
    {
        lock (gate)
        {
            return [.. all.Select(static one => one.TryGetTarget(out OverlayMount? overlay) && !overlay.IsClosed ? overlay : null).OfType<OverlayMount>()];
        }
    }
}
