namespace Containers.Completion;

/// <summary>Completes kernel parameters of a container's own namespaces, up to the value.</summary>
internal sealed class SysctlCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() =>
    [
        KeyValuePair.Create("fs.mqueue.msg_max=", "messages of a POSIX queue"),
        KeyValuePair.Create("fs.mqueue.msgsize_max=", "bytes of a message of a POSIX queue"),
        KeyValuePair.Create("fs.mqueue.queues_max=", "POSIX message queues"),
        KeyValuePair.Create("kernel.msgmax=", "bytes of a System V message"),
        KeyValuePair.Create("kernel.msgmnb=", "bytes of a System V message queue"),
        KeyValuePair.Create("kernel.msgmni=", "System V message queues"),
        KeyValuePair.Create("kernel.sem=", "System V semaphores: four numbers"),
        KeyValuePair.Create("kernel.shm_rmid_forced=", "whether unused shared memory is removed at once"),
        KeyValuePair.Create("kernel.shmall=", "pages of shared memory in all"),
        KeyValuePair.Create("kernel.shmmax=", "bytes of a shared memory segment"),
        KeyValuePair.Create("kernel.shmmni=", "shared memory segments"),
        KeyValuePair.Create("net.core.somaxconn=", "connections that wait to be accepted"),
        KeyValuePair.Create("net.ipv4.ip_forward=", "whether IPv4 packets are passed on"),
        KeyValuePair.Create("net.ipv4.ip_local_port_range=", "ports of outgoing connections: two numbers"),
        KeyValuePair.Create("net.ipv4.ip_unprivileged_port_start=", "the first port that needs no privilege"),
        KeyValuePair.Create("net.ipv6.conf.all.disable_ipv6=", "whether there is no IPv6"),
        KeyValuePair.Create("net.ipv6.conf.all.forwarding=", "whether IPv6 packets are passed on"),
    ];
}
