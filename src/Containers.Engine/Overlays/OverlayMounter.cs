using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Overlays;

/// <summary>Mounts overlays.</summary>
/// <param name="table">Tells what overlays there are.</param>
/// <param name="detached">The detached ones of this process.</param>
/// <param name="emptyFolder">An empty folder, that lies below a single layer.</param>
internal sealed class OverlayMounter(OverlayTable table, DetachedOverlays detached, string emptyFolder)
{
    private static readonly Dictionary<string, MountFlags> FlagNames = new(StringComparer.Ordinal)
    {
        ["nosuid"] = MountFlags.NoSuid, ["nodev"] = MountFlags.NoDev, ["noexec"] = MountFlags.NoExec, ["noatime"] = MountFlags.NoAtime,
        ["nodiratime"] = MountFlags.NoDirAtime, ["nosymfollow"] = MountFlags.NoSymFollow, ["ro"] = MountFlags.ReadOnly, ["rw"] = MountFlags.None,
        ["suid"] = MountFlags.None, ["dev"] = MountFlags.None, ["exec"] = MountFlags.None, ["relatime"] = MountFlags.None,
    };

    // What names folders has parameters of its own.
    private static readonly HashSet<string> FolderOptions = new(StringComparer.Ordinal) { "lowerdir", "lowerdir+", "datadir+", "upperdir", "workdir", "source" };

    /// <summary>Mounts an overlay.</summary>
    /// <param name="options">What is asked.</param>
    /// <param name="target">The folder to mount it on; null for a detached one.</param>
    /// <returns>The overlay.</returns>
    /// <exception cref="EngineException">InvalidArgument, NotFound, Busy, LimitExceeded, NotSupported, PermissionDenied. Nothing is mounted.</exception>
    public OverlayMount Mount(OverlayOptions options, string? target)
    {
        string subject = target ?? options.Lower.FirstOrDefault() ?? "overlay";
        MountFlags flags = options.ReadOnly ? MountFlags.ReadOnly : MountFlags.None;
        List<string> others = CheckOptions(options, subject, ref flags);
        using var folders = new OverlayFolders(options, target, table);
        var lower = folders.Lower.ToList();
        if (lower.Count == 1 && folders.Upper is null)
        {
            lower.Add(folders.Hold(Files.Open(Files.CurrentFolder, emptyFolder, LibC.O_PATH | LibC.O_DIRECTORY), emptyFolder));
        }

        try
        {
            FileDescriptor? root = DetachedMounts.TryOverlay(lower, folders.Upper, folders.Work, others, flags, out OverlayFailure failure);
            if (root is null && failure.Errno == Errno.E2BIG && folders.Target is { } place)
            {
                Errno errno = Mounts.TryOverlay(lower, folders.Upper, folders.Work, others, flags, place);
                return errno == Errno.None ? DescribeAt(target!) : throw OverlayErrors.Of(options, subject, new OverlayFailure(errno, null, string.Empty), folders);
            }

            if (root is null)
            {
                throw OverlayErrors.Of(options, subject, failure, folders);
            }

            if (folders.Target is null)
            {
                return detached.Add(options, root);
            }

            using (root)
            {
                DetachedMounts.Attach(root, folders.Target, target!);
                int id = MountEntry.IdOf(root);
                MountEntry? entry = MountEntry.Read("self").LastOrDefault(mount => mount.Id == id);
                return (entry is null ? null : table.Describe(entry)) ?? throw new EngineException(
                    EngineErrorReason.Internal, subject, $"The overlay was mounted on '{target}', and is not there any more: somebody has taken it away meanwhile.");
            }
        }
        catch (KernelException failure)
        {
            throw OverlayErrors.Of(options, subject, new OverlayFailure(failure.Errno, null, failure.Message), folders);
        }
    }

    private OverlayMount DescribeAt(string target)
    {
        using FileDescriptor root = Files.Open(Files.CurrentFolder, target, LibC.O_PATH | LibC.O_DIRECTORY);
        int id = MountEntry.IdOf(root);
        return table.Describe(MountEntry.Read("self").Last(mount => mount.Id == id))!;
    }

    private static List<string> CheckOptions(OverlayOptions options, string subject, ref MountFlags flags)
    {
        if (options.Lower.Count == 0)
        {
            throw Refused(subject, "An overlay wants one lower folder at least.");
        }

        if (options.Lower.Count > OverlayOptions.MostLower)
        {
            throw new EngineException(
                EngineErrorReason.LimitExceeded, subject, $"These are {options.Lower.Count} lower folders; the kernel takes {OverlayOptions.MostLower} at most.");
        }

        if (options.Upper is null != options.Work is null)
        {
            throw Refused(
                subject, options.Upper is null ? "A work folder is nothing without an upper folder. Say the upper one too, or none of them for an overlay that is only read."
                    : "An upper folder wants a work folder beside it: an empty one of the same file system, which is the kernel's own from then on.");
        }

        var others = new List<string>();
        foreach (string option in options.Options)
        {
            string key = option.Split('=')[0];
            if (key.Length == 0 || option.Contains(',', StringComparison.Ordinal) || option.Contains('\0', StringComparison.Ordinal))
            {
                throw Refused(subject, $"'{option}' is no option of an overlay.");
            }

            if (FolderOptions.Contains(key))
            {
                throw Refused(subject, $"'{key}' is no option here: the folders of an overlay are said by themselves, lower, upper and work.");
            }

            if (FlagNames.TryGetValue(option, out MountFlags flag))
            {
                flags |= flag;
            }
            else
            {
                others.Add(option);
            }
        }

        return options.Upper is null && others.Contains("volatile")
            ? throw Refused(subject, "'volatile' is about what is written, and without an upper folder nothing is.")
            : others;
    }

    private static EngineException Refused(string subject, string message) => new(EngineErrorReason.InvalidArgument, subject, message);
}
