using System.Text;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Runtime;

/// <summary>A container's own /etc/hosts (hosts(5)), made in its folder of the store where lines of it were asked for.</summary>
internal static class HostsFile
{
    public const string Target = "/etc/hosts";
    private const string Name = "hosts";
    private const int LargestHostFile = 1024 * 1024;

    private const string Usual = """
        127.0.0.1	localhost
        ::1	localhost ip6-localhost ip6-loopback
        fe00::	ip6-localnet
        ff00::	ip6-mcastprefix
        ff02::1	ip6-allnodes
        ff02::2	ip6-allrouters

        """;

    /// <summary>Writes the file anew.</summary>
    /// <param name="folder">The container's folder of the store.</param>
    /// <param name="path">The folder's path.</param>
    /// <param name="options">The container.</param>
    /// <param name="hostName">Its name.</param>
    /// <returns>How it is shown inside; null where nothing is asked for, or the user mounts a file of his own there.</returns>
    public static BindMount? Make(FileDescriptor folder, string path, ContainerOptions options, string hostName)
    {
        if (options.ExtraHosts.Count == 0 || options.Volumes.Any(volume => volume.Target == Target))
        {
            return null;
        }

        // The last start's may still be mounted in a container that is just ending.
        _ = Files.Remove(folder.Number, Name);
        using FileDescriptor file = Files.TryOpen(folder.Number, Name, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL, 0x1a4, out Errno errno)
            ?? throw new KernelException(errno, "making the container's file", Target);
        if (FileContent.TryChmod(file, 0x1a4) is var refused and not Errno.None)
        {
            throw new KernelException(refused, "setting the mode of the container's file", Target);
        }

        Files.Write(file, Encoding.UTF8.GetBytes(Text(options, hostName)), path);
        return new BindMount($"{path}/{Name}", Target, ReadOnly: false);
    }

    /// <summary>On this machine's network its own names hold; otherwise the loopback's and the container's.</summary>
    private static string Text(ContainerOptions options, string hostName)
    {
        var text = new StringBuilder();
        if (options.Network == NetworkMode.Host)
        {
            var own = new FileInfo(Target);
            string lines = own.Exists && own.Length <= LargestHostFile ? File.ReadAllText(Target) : Usual;
            _ = text.Append(lines).Append(lines.EndsWith('\n') ? string.Empty : "\n");
        }
        else
        {
            _ = text.Append(Usual).Append("127.0.1.1\t").Append(hostName).Append('\n');
        }

        foreach (HostEntry entry in options.ExtraHosts)
        {
            _ = text.Append(entry.Address).Append('\t').Append(entry.Name).Append('\n');
        }

        return text.ToString();
    }
}
