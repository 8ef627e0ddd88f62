using System.Text;

namespace Containers.Engine.Cgroups;

/// <summary>The devices a container may use: an allow-list, everything else is refused with EPERM.</summary>
internal sealed class DevicePolicy
{
    // Node making is harmless where the node cannot be opened, and image builds and package managers rely on it.
    private static readonly DeviceRule[] DefaultRules =
    [
        new(DeviceKind.Character, null, null, DeviceAccess.MakeNode),
        new(DeviceKind.Block, null, null, DeviceAccess.MakeNode),
        new(DeviceKind.Character, 1, 3, DeviceAccess.All), // null
        new(DeviceKind.Character, 1, 5, DeviceAccess.All), // zero
        new(DeviceKind.Character, 1, 7, DeviceAccess.All), // full
        new(DeviceKind.Character, 1, 8, DeviceAccess.All), // random
        new(DeviceKind.Character, 1, 9, DeviceAccess.All), // urandom
        new(DeviceKind.Character, 5, 0, DeviceAccess.All), // tty
        new(DeviceKind.Character, 5, 1, DeviceAccess.All), // console
        new(DeviceKind.Character, 5, 2, DeviceAccess.All), // ptmx
        new(DeviceKind.Character, 136, null, DeviceAccess.All), // pts/*
    ];

    private DevicePolicy(bool isAllowAll, IReadOnlyList<DeviceRule> rules)
    {
        IsAllowAll = isAllowAll;
        // v1 keeps one entry for a device and adds later accesses to it; v2's program is to say the same.
        Rules = [.. rules.GroupBy(rule => (rule.Kind, rule.Major, rule.Minor))
            .Select(same => new DeviceRule(same.Key.Kind, same.Key.Major, same.Key.Minor, same.Aggregate(DeviceAccess.None, (all, rule) => all | rule.Access)))];
        Lines = [.. Rules.Select(rule => Encoding.ASCII.GetBytes(rule.ToString()))];
        Key = string.Join('\n', Rules);
    }

    /// <summary>What every container gets: the pseudo-devices of its /dev, its terminals, and making nodes (OCI runtime-spec, Linux, default devices).</summary>
    public static DevicePolicy Default { get; } = new(isAllowAll: false, DefaultRules);

    /// <summary>Every device, as for a privileged container.</summary>
    public static DevicePolicy AllowAll { get; } = new(isAllowAll: true, []);

    /// <summary>Whether nothing is refused.</summary>
    public bool IsAllowAll { get; }

    /// <summary>What is allowed, unless all is; one rule a device.</summary>
    public IReadOnlyList<DeviceRule> Rules { get; }

    /// <summary>The rules as v1's devices.allow takes them.</summary>
    public IReadOnlyList<byte[]> Lines { get; }

    /// <summary>The same text for the same rules.</summary>
    public string Key { get; }

    /// <summary>This policy with more rules.</summary>
    /// <param name="rules">What is allowed beyond it.</param>
    /// <returns>The new policy; this one where all is allowed already.</returns>
    public DevicePolicy With(params IEnumerable<DeviceRule> rules) => IsAllowAll ? this : new(isAllowAll: false, [.. Rules, .. rules]);
}
