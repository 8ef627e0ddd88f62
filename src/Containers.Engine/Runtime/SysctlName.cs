namespace Containers.Engine.Runtime;

/// <summary>Names of kernel parameters (sysctl(8)): those of a container's own namespaces, and their files.</summary>
internal static class SysctlName
{
    // namespaces(7), ipc_namespaces(7): what else is below kernel. is the whole machine's.
    private static readonly string[] OfIpc =
    [
        "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax", "kernel/shmmni", "kernel/shm_rmid_forced",
    ];

    /// <summary>The file below /proc/sys. As sysctl(8) has it, the first separator says which of the two is one: interfaces' names hold dots.</summary>
    /// <param name="name">The name, with dots or slashes.</param>
    /// <returns>The path.</returns>
    public static string PathOf(string name)
    {
        int first = name.AsSpan().IndexOfAny('.', '/');
        return first >= 0 && name[first] == '/' ? name : string.Create(name.Length, name, static (path, text) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                path[i] = text[i] switch { '.' => '/', '/' => '.', var c => c };
            }
        });
    }

    /// <summary>Why a parameter cannot be set for one container.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="network">The container's network.</param>
    /// <param name="sharesIpc">Whether its IPC namespace is another's.</param>
    /// <param name="sharesNetwork">Whether its network namespace is another's.</param>
    /// <returns>The reason, or null where it can.</returns>
    public static string? Refusal(string name, NetworkMode network, bool sharesIpc = false, bool sharesNetwork = false)
    {
        string path = PathOf(name);
        if (name.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) || path.Split('/').Any(part => part is "" or "." or ".."))
        {
            return "it is no name of a kernel parameter, as net.ipv4.ip_forward is";
        }

        if (path.StartsWith("net/", StringComparison.Ordinal))
        {
            return network == NetworkMode.Host ? "with the host's network it would be changed for the whole machine"
                : sharesNetwork ? "the network namespace is shared, and it would be changed for all who have it" : null;
        }

        return path.StartsWith("fs/mqueue/", StringComparison.Ordinal) || OfIpc.Contains(path)
            ? sharesIpc ? "the IPC namespace is shared, and it would be changed for all who have it" : null
            : "it is the whole machine's. A container's own are net.*, fs.mqueue.*, and of kernel.* msgmax, msgmnb, msgmni, sem, shmall, shmmax, shmmni and shm_rmid_forced";
    }
}
