using System.Globalization;
using System.Numerics;
using Containers.Interop;

namespace Containers.Engine.Security;

/// <summary>A set of capabilities as the kernel keeps it: bit N is the capability of number N.</summary>
/// <param name="Bits">The bits.</param>
internal readonly record struct CapabilitySet(ulong Bits)
{
    private const string Prefix = "CAP_";
    private const string All = "ALL";

    private static readonly Lazy<CapabilitySet> Available = new(ReadAvailable);

    /// <summary>No capability.</summary>
    internal static CapabilitySet None => default;

    /// <summary>The fourteen that Docker gives a container unless it is asked for others.</summary>
    internal static CapabilitySet Default { get; } = Of(
        Capability.CAP_CHOWN, Capability.CAP_DAC_OVERRIDE, Capability.CAP_FSETID, Capability.CAP_FOWNER, Capability.CAP_MKNOD,
        Capability.CAP_NET_RAW, Capability.CAP_SETGID, Capability.CAP_SETUID, Capability.CAP_SETFCAP, Capability.CAP_SETPCAP,
        Capability.CAP_NET_BIND_SERVICE, Capability.CAP_SYS_CHROOT, Capability.CAP_KILL, Capability.CAP_AUDIT_WRITE);

    /// <summary>All that can be given: those the kernel knows and this process's bounding set has.</summary>
    internal static CapabilitySet Full => Available.Value;

    /// <summary>The number of capabilities in the set.</summary>
    internal int Count => BitOperations.PopCount(Bits);

    /// <summary>The set of the given capabilities.</summary>
    /// <param name="capabilities">Its members.</param>
    /// <returns>The set.</returns>
    internal static CapabilitySet Of(params ReadOnlySpan<Capability> capabilities)
    {
        ulong bits = 0;
        foreach (Capability capability in capabilities)
        {
            bits |= 1UL << (int)capability;
        }

        return new CapabilitySet(bits);
    }

    /// <summary>A container's capabilities, by Docker's rules, from what can be given here.</summary>
    /// <param name="capAdd">Names to add to the default set, with or without CAP_, in any case; <c>ALL</c> for every one.</param>
    /// <param name="capDrop">Names to take away. <c>ALL</c> leaves only those of <paramref name="capAdd"/>.</param>
    /// <param name="privileged">Whether the container gets all of them, whatever the lists say.</param>
    /// <returns>The set, for the bounding, permitted and effective sets of the container's first process.</returns>
    /// <exception cref="EngineException">A name is unknown, or one that was asked for cannot be given.</exception>
    internal static CapabilitySet Resolve(IReadOnlyList<string> capAdd, IReadOnlyList<string> capDrop, bool privileged) =>
        Resolve(capAdd, capDrop, privileged, Full);

    /// <summary>As the other overload, from a given set of what can be given.</summary>
    /// <param name="capAdd">Names to add.</param>
    /// <param name="capDrop">Names to take away.</param>
    /// <param name="privileged">Whether the container gets all of them.</param>
    /// <param name="available">What can be given.</param>
    /// <returns>The set.</returns>
    internal static CapabilitySet Resolve(
        IReadOnlyList<string> capAdd, IReadOnlyList<string> capDrop, bool privileged, CapabilitySet available)
    {
        (CapabilitySet added, bool addAll) = ParseList(capAdd);
        (CapabilitySet dropped, bool dropAll) = ParseList(capDrop);
        if (privileged)
        {
            return available;
        }

        ulong missing = added.Bits & ~available.Bits;
        if (missing != 0)
        {
            throw NotAvailable((Capability)BitOperations.TrailingZeroCount(missing));
        }

        // Adding ALL wins over dropping ALL, and a name added wins over the same name dropped unless ALL is added: Docker's order.
        ulong bits = addAll ? available.Bits & ~dropped.Bits
            : dropAll ? added.Bits
            : (Default.Bits & ~dropped.Bits) | added.Bits;
        return new CapabilitySet(bits & available.Bits);
    }

    /// <summary>Reads a capability's name.</summary>
    /// <param name="name">With or without CAP_, in any case.</param>
    /// <returns>The capability.</returns>
    /// <exception cref="EngineException">There is none of that name.</exception>
    internal static Capability Parse(string name)
    {
        string upper = name.Trim().ToUpperInvariant();
        string full = upper.StartsWith(Prefix, StringComparison.Ordinal) ? upper : Prefix + upper;

        // Enum.TryParse takes numbers and lists too, which are no names.
        if (Enum.TryParse(full, out Capability capability) && Enum.IsDefined(capability) && capability.ToString() == full)
        {
            return capability;
        }

        string? near = NearestName.Of(full[Prefix.Length..], [.. Enum.GetNames<Capability>().Select(n => n[Prefix.Length..]), All]);
        string hint = near is null
            ? "capabilities(7) lists them; ALL stands for every one."
            : $"Did you mean {(near == All ? All : Prefix + near)}?";
        throw new EngineException(EngineErrorReason.InvalidArgument, name, $"There is no capability '{name}'. {hint}");
    }

    /// <summary>Whether a capability is in the set.</summary>
    /// <param name="capability">The capability.</param>
    /// <returns>True if it is.</returns>
    internal bool Contains(Capability capability) => (Bits & (1UL << (int)capability)) != 0;

    /// <summary>The members, by number.</summary>
    /// <returns>The capabilities.</returns>
    internal IReadOnlyList<Capability> ToList()
    {
        var list = new List<Capability>(Count);
        for (ulong rest = Bits; rest != 0; rest &= rest - 1)
        {
            list.Add((Capability)BitOperations.TrailingZeroCount(rest));
        }

        return list;
    }

    private static (CapabilitySet Named, bool All) ParseList(IReadOnlyList<string> names)
    {
        ulong bits = 0;
        bool all = false;
        foreach (string name in names)
        {
            if (name.Trim().Equals(All, StringComparison.OrdinalIgnoreCase))
            {
                all = true;
            }
            else
            {
                bits |= 1UL << (int)Parse(name);
            }
        }

        return (new CapabilitySet(bits), all);
    }

    private static EngineException NotAvailable(Capability capability) => new(
        EngineErrorReason.InvalidArgument,
        capability.ToString(),
        $"{capability} was asked for but cannot be given to a container: this kernel does not know it, or the bounding set of this process lacks "
        + "it (CapBnd in /proc/self/status). Leave it out, or run the engine where it is available.");

    private static CapabilitySet ReadAvailable()
    {
        string last = Files.ReadText(Files.CurrentFolder, "/proc/sys/kernel/cap_last_cap")
            ?? throw new EngineException(EngineErrorReason.NotSupported, "/proc", "The kernel's capabilities cannot be read: /proc is not mounted.");
        int count = int.Parse(last, CultureInfo.InvariantCulture) + 1;
        ulong known = count >= 64 ? ulong.MaxValue : (1UL << count) - 1;
        return new CapabilitySet(known & ReadBoundingSet());
    }

    private static ulong ReadBoundingSet()
    {
        const string key = "CapBnd:";
        string status = Files.ReadText(Files.CurrentFolder, "/proc/self/status") ?? string.Empty;
        foreach (ReadOnlySpan<char> line in status.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                return ulong.Parse(line[key.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
        }

        throw new EngineException(
            EngineErrorReason.NotSupported, "/proc/self/status", "This process's capabilities cannot be read: /proc/self/status has no CapBnd line.");
    }
}
