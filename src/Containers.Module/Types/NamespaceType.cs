namespace Containers;

/// <summary>The kinds of namespaces (namespaces(7)).</summary>
public enum NamespaceType
{
    /// <summary>What is mounted where.</summary>
    Mount,

    /// <summary>Numbers of processes.</summary>
    Pid,

    /// <summary>Interfaces, addresses, routes, firewall rules and sockets.</summary>
    Network,

    /// <summary>Host name and domain name.</summary>
    Uts,

    /// <summary>System V IPC and POSIX message queues.</summary>
    Ipc,

    /// <summary>Which cgroup is shown as the root.</summary>
    Cgroup,

    /// <summary>Users, groups and capabilities.</summary>
    User,

    /// <summary>The clocks that count from the boot.</summary>
    Time,
}
