using Containers.Interop;

namespace Containers.Engine.Overlays;

/// <summary>Takes overlays away.</summary>
internal static class OverlayRemoval
{
    private const int MostUsers = 5;

    /// <summary>Takes an overlay away.</summary>
    /// <param name="overlay">The overlay, of this session's mount namespace or detached.</param>
    /// <param name="isLazy">Whether one that is in use goes out of the tree at once and ends with its last user.</param>
    /// <exception cref="EngineException">Busy, NotFound, NotSupported, PermissionDenied.</exception>
    public static void Dismount(OverlayMount overlay, bool isLazy)
    {
        if (overlay.IsDetached)
        {
            overlay.Dispose();
            return;
        }

        if (overlay.ContainerId is not null)
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, overlay.Path, $"The overlay on '{overlay.Path}' belongs to a container, and goes when that ends. Stop it: Stop-Container");
        }

        if (overlay.ImageMountId is { } image)
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, overlay.Path,
                $"The overlay on '{overlay.Path}' is the mounted image '{overlay.Image}', which is taken away with: Dismount-ContainerImage {image}");
        }

        // What was mounted on the same folder later lies above it, and is what umount(2) would take.
        MountEntry? top = MountEntry.Read("self").LastOrDefault(mount => mount.Path == overlay.Path);
        if (top is null || top.Id != overlay.MountId)
        {
            throw new EngineException(
                top is null ? EngineErrorReason.NotFound : EngineErrorReason.Busy, overlay.Path,
                top is null ? $"The overlay is mounted on '{overlay.Path}' no more." : $"Something else ({top.Type}) is mounted over the overlay on '{overlay.Path}'. Take that away first.");
        }

        Errno errno = Mounts.TryUnmount(overlay.Path, isLazy);
        if (errno == Errno.EBUSY)
        {
            // A folder whose listing was broken off stays open in this process until the collector comes by: Get-ChildItem | Select-Object -First 1.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            errno = Mounts.TryUnmount(overlay.Path, isLazy);
        }

        if (errno != Errno.None)
        {
            throw new EngineException(
                errno switch
                {
                    Errno.EBUSY => EngineErrorReason.Busy,
                    Errno.EPERM or Errno.EACCES => EngineErrorReason.PermissionDenied,
                    Errno.EINVAL or Errno.ENOENT => EngineErrorReason.NotFound,
                    _ => EngineErrorReason.Internal,
                },
                overlay.Path,
                errno == Errno.EBUSY ? $"The overlay on '{overlay.Path}' is in use{Users(overlay)}. End that first, or take it out of the tree at once with -Lazy."
                    : $"The overlay on '{overlay.Path}' cannot be taken away: {KernelException.Describe(errno)}.",
                errno);
        }
    }

    // Who can be seen; a process that maps a file of it without having it open is not.
    private static string Users(OverlayMount overlay)
    {
        var users = MountEntry.Read("self").Where(mount => mount.ParentId == overlay.MountId).Select(static mount => $"the mount '{mount.Path}'").ToList();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            string pid = folder["/proc/".Length..];
            if (int.TryParse(pid, out int number) && Uses(folder, overlay))
            {
                string name = Files.ReadText(Files.CurrentFolder, $"{folder}/comm")?.TrimEnd('\n') ?? "?";
                users.Add(number == Environment.ProcessId ? $"this session ({number})" : $"{name} ({number})");
            }
        }

        return users.Count == 0 ? string.Empty : $" by {string.Join(", ", users.Take(MostUsers))}{(users.Count > MostUsers ? $" and {users.Count - MostUsers} more" : string.Empty)}";
    }

    private static bool Uses(string process, OverlayMount overlay)
    {
        if (((string[])["cwd", "root", "exe"]).Any(link => Files.ReadLink(Files.CurrentFolder, $"{process}/{link}") is { } path && MountEntry.IsBelow(path, overlay.Path)))
        {
            return true;
        }

        try
        {
            return Directory.EnumerateFileSystemEntries($"{process}/fdinfo").Any(file => MountEntry.IdOf(file) == overlay.MountId);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile, or is another user's.
            return false;
        }
    }
}
