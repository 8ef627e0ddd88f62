using Containers.Interop;

namespace Containers.Engine.Overlays;

/// <summary>Sentences for what the kernel says with a number alone; its reasons are in its log only.</summary>
internal static class OverlayErrors
{
    /// <summary>The error of an overlay that cannot be mounted.</summary>
    /// <param name="options">What was asked.</param>
    /// <param name="subject">What it concerns.</param>
    /// <param name="failure">The kernel's answer.</param>
    /// <param name="folders">The folders.</param>
    /// <returns>The error.</returns>
    public static EngineException Of(OverlayOptions options, string subject, OverlayFailure failure, OverlayFolders folders)
    {
        (EngineErrorReason reason, string text) = Describe(options, failure, folders);
        return new EngineException(reason, subject, $"The overlay cannot be mounted: {text}", failure.Errno);
    }

    private static (EngineErrorReason Reason, string Text) Describe(OverlayOptions options, OverlayFailure failure, OverlayFolders folders)
    {
        string errno = KernelException.Describe(failure.Errno);
        switch (failure.Errno)
        {
            case Errno.EPERM or Errno.EACCES:
                return (EngineErrorReason.PermissionDenied, $"{errno}. Mounting needs root (CAP_SYS_ADMIN).");
            case Errno.ENODEV:
                return (EngineErrorReason.NotSupported, "this kernel has no overlay file system.");
            case Errno.E2BIG:
                return (EngineErrorReason.LimitExceeded, $"this kernel takes no {options.Lower.Count} lower folders; Linux 6.7 and later take {OverlayOptions.MostLower}.");
            case Errno.EBUSY:
                return (EngineErrorReason.Busy, "the upper or the work folder belongs to another overlay.");
            case Errno.ELOOP:
                return (EngineErrorReason.InvalidArgument, "its folders may not be the same, nor lie in each other.");
            case Errno.ESTALE:
                return (EngineErrorReason.InvalidArgument, "the upper folder was used with other lower folders before, which index=on refuses.");
            case Errno.EROFS:
                return (EngineErrorReason.InvalidArgument, "the upper folder lies on a file system that cannot be written.");
        }

        if (failure.Log.Length > 0)
        {
            return (EngineErrorReason.InvalidArgument, $"{failure.Log}.");
        }

        if (failure.Option is { } option)
        {
            return (EngineErrorReason.InvalidArgument, $"the kernel refuses {option}: {errno}.");
        }

        return (EngineErrorReason.InvalidArgument, failure.Errno == Errno.EINVAL && Reason(options, folders) is { } reason ? reason
            : $"{errno}. The kernel says more in its log (dmesg).");
    }

    private static string? Reason(OverlayOptions options, OverlayFolders folders)
    {
        if (folders is { Upper: { } upper, Work: { } work })
        {
            if (MountEntry.IdOf(upper.Folder) != MountEntry.IdOf(work.Folder))
            {
                return "the upper and the work folder must lie in the same mount.";
            }

            if (Files.TryStat(work.Folder.Number, "work/incompat/volatile", follow: false, out _) == Errno.None)
            {
                return $"the work folder '{work.Name}' bears the mark of an overlay that was volatile: what that wrote may be damaged after a crash. "
                    + "Where there was none, make the work folder anew.";
            }
        }

        return options.Options.Contains("userxattr") && options.Options.Any(static option => option.StartsWith("metacopy=", StringComparison.Ordinal) || option.StartsWith("redirect_dir=", StringComparison.Ordinal))
            ? "with userxattr there is no metacopy and no redirect_dir=on." : null;
    }
}
