using System.Text;
using Containers.Engine.Cgroups;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Runtime.Launch;

/// <summary>Device nodes of the machine that a container gets too: those asked for, and a privileged one all of /dev.</summary>
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

    /// <summary>The devices that a mapping means now: their numbers may be others than at the container's creation.</summary>
    /// <param name="mapping">The mapping, whose target lies below /dev.</param>
    /// <returns>The nodes to make; none where the source is no device and holds none.</returns>
    public static IReadOnlyList<LaunchDevice> Of(DeviceMapping mapping)
    {
        var devices = new List<LaunchDevice>();
        string target = mapping.Target["/dev/".Length..];
        if (Files.TryStat(Files.CurrentFolder, mapping.Source, follow: true, out FileStatus status) != Errno.None)
        {
            return devices;
        }

        if (status.Kind is FileKind.CharacterDevice or FileKind.BlockDevice)
        {
            devices.Add(ToDevice(target, status));
        }
        else if (status.Kind == FileKind.Folder
            && Files.TryOpen(Files.CurrentFolder, mapping.Source, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out _) is { } folder)
        {
            using (folder)
            {
                Collect(folder, target + "/", 1, devices);
            }
        }

        return devices;
    }

    /// <summary>What the cgroup must allow for the devices of a mapping.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <returns>A rule for each device.</returns>
    public static IEnumerable<DeviceRule> Rules(DeviceMapping mapping) => Of(mapping).Select(device =>
    {
        var kind = (FileKind)(device.Mode >> 12);
        var status = new FileStatus { RawDevice = (ulong)device.Number };
        return new DeviceRule(
            kind == FileKind.BlockDevice ? DeviceKind.Block : DeviceKind.Character, status.Major, status.Minor, DeviceRule.ParseAccess(mapping.Access) ?? DeviceAccess.None);
    });

    /// <summary>The place of a device in /dev, which must not be one that every container has for itself.</summary>
    /// <param name="path">Below /dev, without it.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsReserved(string path) => LeftOut.Contains(path.Split('/')[0]);

    private static LaunchDevice ToDevice(string path, FileStatus status) =>
        new(path, ((int)status.Kind << 12) | status.Mode, (long)status.RawDevice) { Uid = status.Uid, Gid = status.Gid };

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
                devices.Add(ToDevice(prefix + name, status));
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
