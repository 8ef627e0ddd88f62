namespace Containers.Engine.Namespaces;

/// <summary>The kinds of namespaces (namespaces(7)).</summary>
public enum NamespaceType
{
    /// <summary>What is mounted where (mount_namespaces(7)).</summary>
    Mount,

    /// <summary>Numbers of processes (pid_namespaces(7)).</summary>
    Pid,

    /// <summary>Interfaces, addresses, routes, rules, sockets' ports (network_namespaces(7)).</summary>
    Network,

    /// <summary>Host name and domain name (uts_namespaces(7)).</summary>
    Uts,

    /// <summary>System V IPC and POSIX message queues (ipc_namespaces(7)).</summary>
    Ipc,

    /// <summary>Which cgroup is shown as the root (cgroup_namespaces(7)).</summary>
    Cgroup,

    /// <summary>Users, groups and capabilities (user_namespaces(7)).</summary>
    User,

    /// <summary>The clocks that count from the boot (time_namespaces(7)).</summary>
    Time,
}

/// <summary>What the kernel calls the kinds of namespaces.</summary>
internal static class NamespaceKinds
{
    /// <summary>All kinds, in the order of <see cref="NamespaceType"/>.</summary>
    public static readonly IReadOnlyList<NamespaceType> All = Enum.GetValues<NamespaceType>();

    private static readonly string[] Names = ["mnt", "pid", "net", "uts", "ipc", "cgroup", "user", "time"];

    private static readonly long[] Flags =
        [0x0002_0000, 0x2000_0000, 0x4000_0000, 0x0400_0000, 0x0800_0000, 0x0200_0000, 0x1000_0000, 0x80];

    /// <summary>The name in /proc/PID/ns.</summary>
    public static string FileName(this NamespaceType type) => Names[(int)type];

    /// <summary>The CLONE_NEW* flag.</summary>
    public static long Flag(this NamespaceType type) => Flags[(int)type];

    /// <summary>The CLONE_NEW* flags of several kinds.</summary>
    public static long FlagsOf(IEnumerable<NamespaceType> types) => types.Aggregate(0L, static (flags, type) => flags | type.Flag());

    /// <summary>The kind of a CLONE_NEW* flag.</summary>
    public static NamespaceType? OfFlag(long? flag) => flag is { } known && Array.IndexOf(Flags, known) is >= 0 and var index ? (NamespaceType)index : null;

    /// <summary>Reads what the kernel writes of a namespace: <c>net:[4026531840]</c>.</summary>
    public static (NamespaceType Type, ulong Id)? Parse(ReadOnlySpan<char> text)
    {
        int colon = text.IndexOf(':');
        if (colon < 0 || text.Length < colon + 4 || text[colon + 1] != '[' || text[^1] != ']' || !ulong.TryParse(text[(colon + 2)..^1], out ulong id))
        {
            return null;
        }

        for (int i = 0; i < Names.Length; i++)
        {
            if (text[..colon].SequenceEqual(Names[i]))
            {
                return ((NamespaceType)i, id);
            }
        }

        return null;
    }
}
