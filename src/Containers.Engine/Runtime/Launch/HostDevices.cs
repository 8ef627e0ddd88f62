using System.Text;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Runtime.Launch;

/// <summary>The device nodes of the machine's own /dev, which a privileged container gets too.</summary>
internal static class HostDevices
{
    private const int DeepestFolder = 4;

    // Mounts and links of the container's own, and what makes no sense there.
    private static readonly string[] LeftOut = ["pts", "ptmx", "shm", "mqueue", "fd", "stdin", "stdout", "stderr", "core", "console"];

    public static IReadOnlyList<LaunchDevice> List()
    {
        var devices = new List<LaunchDevice>();
        using FileDescriptor dev = Files.Open(Files.CurrentFolder, "/dev", LibC.O_RDONLY | LibC.O_DIRECTORY);
        Collect(dev, string.Empty, 0, devices);
        return devices;
    }

    private static void Collect(FileDescriptor folder, string prefix, int depth, List<LaunchDevice> devices)
    {
        var listing = new FolderListing(folder, "/dev");
        while (listing.Next(out ReadOnlySpan<byte> bytes, out _))
        {
            string name = Encoding.UTF8.GetString(bytes);
            if ((depth == 0 && LeftOut.Contains(name)) || Files.TryStat(folder.Number, name, follow: false, out FileStatus status) != Errno.None)
            {
                continue;
            }

            if (status.Kind is FileKind.CharacterDevice or FileKind.BlockDevice)
            {
                devices.Add(new LaunchDevice(prefix + name, ((int)status.Kind << 12) | status.Mode, (long)status.RawDevice));
            }
            else if (status.Kind == FileKind.Folder && depth < DeepestFolder
                && Files.TryOpen(folder.Number, name, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW, 0, out _) is { } inner)
            {
                using (inner)
                {
                    Collect(inner, $"{prefix}{name}/", depth + 1, devices);
                }
            }
        }
    }
}
