using System.Net;
using System.Text;
using Containers.Engine.Cgroups;
using Containers.Engine.Runtime.Launch;
using Containers.Engine.Namespaces;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <content>Devices, kernel parameters, limits and names.</content>
internal static partial class ContainerOptionsCheck
{
    /// <summary>Each holds a descriptor of the helper's from the beginning of the launch on.</summary>
    private const int MostPropagating = 16;

    private static readonly string[] DefaultDevices = ["null", "zero", "full", "random", "urandom", "tty"];

    private static void CheckDevices(ContainerOptions options)
    {
        var targets = new HashSet<string>(StringComparer.Ordinal);
        foreach (DeviceMapping device in options.Devices)
        {
            string target = Normalize(device.Target);
            CheckText(target, "a device's place in the container");
            if (!Path.IsPathFullyQualified(device.Source))
            {
                throw Invalid(device.Source, $"The device '{device.Source}' is not an absolute path on this machine.");
            }

            if (target != device.Target || !target.StartsWith("/dev/", StringComparison.Ordinal) || HostDevices.IsReserved(target["/dev/".Length..]))
            {
                throw Invalid(device.Target, $"'{device.Target}' is no place for a device: give a path below /dev, other than what every container has there for itself.");
            }

            if (DefaultDevices.Contains(target["/dev/".Length..]) && device.Source != target)
            {
                throw Invalid(device.Target, $"'{device.Target}' is a device that every container has. Give '{device.Source}' another place.");
            }

            if (DeviceRule.ParseAccess(device.Access) is null)
            {
                throw Invalid(device.Access, $"'{device.Access}' says no access to the device '{device.Source}': it is some of r (read), w (write) and m (make nodes), each once.");
            }

            if (Files.TryStat(Files.CurrentFolder, device.Source, follow: true, out _) != Errno.None)
            {
                throw new EngineException(EngineErrorReason.NotFound, device.Source, $"The device '{device.Source}' is not there on this machine.");
            }

            if (HostDevices.Of(device).Count == 0)
            {
                throw Invalid(device.Source, $"'{device.Source}' is no device, and no folder that holds one.");
            }

            if (!targets.Add(target))
            {
                throw Invalid(target, $"Two devices are asked for at '{target}'.");
            }
        }

        foreach (string rule in options.DeviceCgroupRules)
        {
            if (DeviceRule.Parse(rule).Count == 0)
            {
                throw Invalid(
                    rule, $"'{rule}' is no rule for devices: write the kind (b, c, or a for both), MAJOR:MINOR with * for every number, and some of r, w and m, as 'c 189:* rwm'.");
            }
        }
    }

    private static void CheckSettings(ContainerOptions options)
    {
        foreach ((string name, string value) in options.Sysctls)
        {
            CheckText(name, "a kernel parameter's name");
            CheckText(value, $"the kernel parameter {name}");
            if (SysctlName.Refusal(name, options.Network, sharesIpc: options.IpcNamespace is not null, sharesNetwork: options.NetworkNamespace is not null) is { } refusal)
            {
                throw Invalid(name, $"The kernel parameter '{name}' cannot be set for a container: {refusal}.");
            }
        }

        var limits = new HashSet<string>(StringComparer.Ordinal);
        foreach (ProcessLimit limit in options.Ulimits)
        {
            if (!ProcessLimit.Names.Contains(limit.Name))
            {
                throw Invalid(limit.Name, $"'{limit.Name}' is no limit of processes: the names are {string.Join(", ", ProcessLimit.Names)}.");
            }

            // -1 is RLIM_INFINITY, the highest number as the kernel reads it.
            if (limit.Soft < -1 || limit.Hard < -1 || (ulong)limit.Soft > (ulong)limit.Hard)
            {
                throw Invalid(limit.Name, $"The limit '{limit}' will not do: the soft one must not be above the hard one, and -1 means none.");
            }

            if (!limits.Add(limit.Name))
            {
                throw Invalid(limit.Name, $"The limit '{limit.Name}' is given twice.");
            }
        }

        if (options.ShmSize is <= 0)
        {
            throw Invalid("shm", "The size of /dev/shm must be above 0.");
        }

        if (options.OomScoreAdj is < -1000 or > 1000)
        {
            throw Invalid("oom_score_adj", $"The adjustment of the OOM score must be -1000 to 1000; {options.OomScoreAdj} was given.");
        }

        if (options.StopTimeout is { } timeout && (timeout < TimeSpan.Zero || timeout > TimeSpan.FromDays(24)))
        {
            throw Invalid("stop timeout", $"The time that the end may take must be 0 to 24 days; {timeout} was given.");
        }

        if (options.DomainName is { } domain && (domain.Length == 0 || Encoding.UTF8.GetByteCount(domain) > LongestHostName || domain.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))))
        {
            throw Invalid(domain, $"The domain name '{domain}' will not do: it must be 1 to {LongestHostName} bytes without spaces.");
        }

        foreach (HostEntry host in options.ExtraHosts)
        {
            // A number alone would be taken for an IPv4 address.
            bool isAddress = host.Address.All(c => char.IsAsciiHexDigit(c) || c is '.' or ':') && (host.Address.Contains(':') || host.Address.Count(c => c == '.') == 3)
                && IPAddress.TryParse(host.Address, out _);
            if (!isAddress || host.Name.Length is 0 or > 253 || !host.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
            {
                throw Invalid(host.Name, $"'{host.Name}' with the address '{host.Address}' is no line of /etc/hosts: give a host's name and an IPv4 or IPv6 address.");
            }
        }
    }

    private static void CheckNamespaces(ContainerOptions options)
    {
        foreach (NamespaceOwner owner in new[] { options.PidNamespace, options.IpcNamespace, options.UtsNamespace, options.NetworkNamespace }.OfType<NamespaceOwner>())
        {
            if (owner.Container is { } name && !ContainerNameFolder.IsName(name))
            {
                throw Invalid(name, $"'{name}' names no container whose namespace could be shared: give its name or id.");
            }
        }

        if (options.NetworkNamespace is { } network && (options.Network == NetworkMode.Host || (network.Container is null && network.Path is not ['/', ..])))
        {
            throw Invalid("network", "Say whose network it is in one way: this machine's, another container's, or that of an absolute path of a network namespace.");
        }

        if (options.UserNamespace is { } users)
        {
            CheckUsers(options, users);
        }

        if (options.UtsNamespace is { } uts && (options.HostName ?? options.DomainName) is not null)
        {
            throw Invalid("host name", $"A container with {Whose(uts)} host and domain name can be given none of its own: leave out one of the two.");
        }

        if (options.IpcNamespace is { } ipc && options.ShmSize is not null)
        {
            throw Invalid("shm", $"A container with {Whose(ipc)} IPC namespace has {Whose(ipc)} /dev/shm, whose size it cannot say: leave out one of the two.");
        }

        static string Whose(NamespaceOwner owner) => owner.Container is null ? "this machine's" : "another container's";
    }

    /// <summary>What is of this machine's users, or another container's, root of a user namespace has no rights over.</summary>
    private static void CheckUsers(ContainerOptions options, UserMapping users)
    {
        NamespaceCreation.CheckMap("user", users.Users);
        NamespaceCreation.CheckMap("group", users.Groups);
        if (!users.IsToBeFound && (UserMapping.Outside(users.Users, 0) ?? UserMapping.Outside(users.GroupsOrUsers, 0)) is null)
        {
            throw Invalid("user namespace", "The map of a container's users needs the id 0, its root.");
        }

        string? shared = options.Network == NetworkMode.Host || options.NetworkNamespace is not null ? "network"
            : options.PidNamespace is not null ? "processes"
            : options.IpcNamespace is not null ? "IPC"
            : options.UtsNamespace is not null ? "host name" : null;
        if (shared is not null)
        {
            throw Invalid("user namespace", $"A container with users of its own cannot share the {shared} of another namespace, over which its root has no rights: leave out one of the two.");
        }
    }

    private static bool IsPropagating(BindMount volume) => volume.Propagation is not (MountPropagation.Private or MountPropagation.RPrivate);

    /// <summary>A mount of this machine that is private passes nothing on: what was asked for would silently not be.</summary>
    private static void CheckPropagation(BindMount volume)
    {
        if (!IsPropagating(volume))
        {
            return;
        }

        HostMount mount = HostMount.Of(volume.Source);
        bool isBothWays = volume.Propagation is MountPropagation.Shared or MountPropagation.RShared;
        if (!(mount.IsShared || (mount.IsSlave && !isBothWays)))
        {
            throw Invalid(
                volume.Source,
                $"The volume's source '{volume.Source}' lies on the mount '{mount.Path}', which is not shared, so that no mount passes to the container. Share it first: mount --make-rshared {mount.Path}");
        }
    }
}
