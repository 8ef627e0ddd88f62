namespace Containers.Engine.Security;

/// <summary>What is done with some system calls, under conditions.</summary>
/// <param name="Action">What is done.</param>
/// <param name="Names">The system calls; names an ABI does not have are passed over.</param>
internal sealed record SeccompRule(SeccompAction Action, IReadOnlyList<string> Names)
{
    /// <summary>The error number of <see cref="SeccompAction.Errno"/> and the message of <see cref="SeccompAction.Trace"/>.</summary>
    internal ushort Data { get; init; } = SeccompProfile.EPERM;

    /// <summary>Conditions that must all hold; none: the rule always matches.</summary>
    internal IReadOnlyList<SeccompArgument> Arguments { get; init; } = [];

    /// <summary>All of it must hold for the rule to be in force.</summary>
    internal SeccompCondition? Includes { get; init; }

    /// <summary>Any of it puts the rule out of force.</summary>
    internal SeccompCondition? Excludes { get; init; }

    /// <summary>Whether the rule is in force for a container.</summary>
    /// <param name="capabilities">The container's.</param>
    /// <param name="architecture">The machine's.</param>
    /// <param name="kernel">The running kernel's version.</param>
    /// <returns>True if it is.</returns>
    internal bool IsInForce(CapabilitySet capabilities, MachineArchitecture architecture, Version kernel)
    {
        if (Excludes is { } excludes
            && (excludes.Architectures.Contains(architecture.ProfileName(), StringComparer.Ordinal)
                || (excludes.Capabilities.Bits & capabilities.Bits) != 0
                || (excludes.MinimumKernel is { } below && kernel >= below)))
        {
            return false;
        }

        return Includes is not { } includes
            || ((includes.Architectures.Count == 0 || includes.Architectures.Contains(architecture.ProfileName(), StringComparer.Ordinal))
                && (includes.Capabilities.Bits & ~capabilities.Bits) == 0
                && (includes.MinimumKernel is not { } from || kernel >= from));
    }
}

/// <summary>What a rule's being in force depends on.</summary>
internal sealed record SeccompCondition
{
    /// <summary>Capabilities of the container.</summary>
    internal CapabilitySet Capabilities { get; init; }

    /// <summary>Names of machine architectures, as Go has them (amd64, arm64).</summary>
    internal IReadOnlyList<string> Architectures { get; init; } = [];

    /// <summary>A kernel version, major and minor.</summary>
    internal Version? MinimumKernel { get; init; }
}
