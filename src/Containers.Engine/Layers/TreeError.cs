using Containers.Interop;

namespace Containers.Engine.Layers;

/// <summary>The errors of reading a tree of files, in one wording.</summary>
internal static class TreeError
{
    /// <summary>A file that no layer can hold.</summary>
    public static EngineException Refused(ReadOnlySpan<byte> path, string reason)
    {
        string shown = Show(path);
        return new EngineException(EngineErrorReason.InvalidData, shown, $"The file '{shown}' cannot go into a layer: {reason}.");
    }

    /// <summary>Another file system begins at a path.</summary>
    public static EngineException MountedHere(ReadOnlySpan<byte> path) =>
        Refused(path, "another file system is mounted there, and only one is read. Unmount it, or leave it out");

    /// <summary>A file became shorter while it was read.</summary>
    public static EngineException Changed(ReadOnlySpan<byte> path)
    {
        string shown = Show(path);
        return new EngineException(EngineErrorReason.Busy, shown, $"The file '{shown}' became shorter while it was read. Stop what writes to it, or pause the container, and try again.");
    }

    /// <summary>A file of a writable layer whose content lies elsewhere.</summary>
    public static EngineException NotWhole(ReadOnlySpan<byte> path, OverlayMarks marks)
    {
        string shown = Show(path);
        string feature = marks.HasFlag(OverlayMarks.Redirected) ? "redirect_dir" : marks.HasFlag(OverlayMarks.MetadataOnly) ? "metacopy" : "whiteout attributes";
        return new EngineException(
            EngineErrorReason.NotSupported, shown,
            $"'{shown}' was written by an overlay with {feature}, which layers cannot express. The engine does not turn it on: the kernel's own setting does (/sys/module/overlay/parameters); turn it off and make the container anew.");
    }

    /// <summary>More files than a layer may have.</summary>
    public static EngineException TooMany(long limit) =>
        new(EngineErrorReason.LimitExceeded, "layer", $"Writing the layer was ended: it has more than {limit} entries.");

    /// <summary>A system call failed.</summary>
    public static EngineException Of(ReadOnlySpan<byte> path, KernelException failure)
    {
        string shown = Show(path);
        bool isDenied = failure.Errno is Errno.EACCES or Errno.EPERM;
        return new EngineException(
            isDenied ? EngineErrorReason.PermissionDenied : EngineErrorReason.Storage, shown,
            $"Reading '{shown}' failed: {failure.Message}.{(isDenied ? " Run as root." : string.Empty)}", failure);
    }

    private static string Show(ReadOnlySpan<byte> path) => path.IsEmpty ? "." : EntryName.Show(path);
}
