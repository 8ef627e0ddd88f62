namespace Containers.Engine.Security;

/// <summary>
/// Rules for system calls, before they are compiled for a machine and a container. Of several rules that match a call the
/// strictest counts, by the kernel's own order (kill, trap, errno, trace, log, allow), and of equally strict ones the first.
/// </summary>
/// <param name="DefaultAction">What is done with calls that no rule matches.</param>
/// <param name="Rules">The rules.</param>
internal sealed record SeccompProfile(SeccompAction DefaultAction, IReadOnlyList<SeccompRule> Rules)
{
    /// <summary>Operation not permitted.</summary>
    internal const ushort EPERM = 1;

    /// <summary>Function not implemented; makes C libraries take their fallbacks.</summary>
    internal const ushort ENOSYS = 38;

    /// <summary>The error number or message of <see cref="DefaultAction"/>.</summary>
    internal ushort DefaultData { get; init; } = EPERM;

    /// <summary>The ABIs that may be used at all, beside the machine's own, which always is; a call through another kills the process.</summary>
    internal IReadOnlyList<SystemCallAbi> Abis { get; init; } = [];

    /// <summary>The engine's own.</summary>
    internal static SeccompProfile Default { get; } = DefaultSeccompProfile.Create();
}
