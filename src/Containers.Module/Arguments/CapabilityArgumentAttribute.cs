using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>Capabilities by name, with or without <c>CAP_</c>, in either case; <c>ALL</c> for every one.</summary>
internal sealed class CapabilityArgumentAttribute : ArgumentAttribute
{
    /// <summary>The names of capabilities(7), in the order of their numbers (Linux 5.9 has the last).</summary>
    internal static readonly string[] Names =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW",
        "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
        "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD",
        "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
        "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Elements(input).Select(static value => Parse(Text(value))).ToArray();

    private static string Parse(string text)
    {
        var name = text.ToUpperInvariant();
        if (name is "ALL")
        {
            return name;
        }

        if (!name.StartsWith("CAP_", StringComparison.Ordinal))
        {
            name = "CAP_" + name;
        }

        return Names.Contains(name, StringComparer.Ordinal)
            ? name
            : throw new FormatException($"'{text}' is no capability: write a name of capabilities(7), as NET_ADMIN or CAP_NET_ADMIN, or ALL.");
    }
}
