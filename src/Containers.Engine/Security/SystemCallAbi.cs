namespace Containers.Engine.Security;

/// <summary>A way to enter the kernel that numbers the system calls in its own manner; the order is that of syscalls.txt.</summary>
internal enum SystemCallAbi
{
    /// <summary>The syscall instruction of x86-64.</summary>
    X64,

    /// <summary>int 0x80 and sysenter, from 32-bit and from 64-bit code.</summary>
    I386,

    /// <summary>64-bit ARM.</summary>
    Arm64,

    /// <summary>32-bit ARM, EABI.</summary>
    Arm,
}

/// <summary>Facts about a <see cref="SystemCallAbi"/>.</summary>
internal static class SystemCallAbis
{
    /// <summary>The value of seccomp_data.arch (AUDIT_ARCH_* of linux/audit.h).</summary>
    /// <param name="abi">The ABI.</param>
    /// <returns>The value.</returns>
    internal static uint AuditArchitecture(this SystemCallAbi abi) => abi switch
    {
        SystemCallAbi.X64 => 0xC000003E,
        SystemCallAbi.I386 => 0x40000003,
        SystemCallAbi.Arm64 => 0xC00000B7,
        SystemCallAbi.Arm => 0x40000028,
        _ => throw new ArgumentOutOfRangeException(nameof(abi)),
    };

    /// <summary>Whether arguments are 32 bits wide; the kernel zero-extends them in seccomp_data.</summary>
    /// <param name="abi">The ABI.</param>
    /// <returns>True for the 32-bit ones.</returns>
    internal static bool Is32Bit(this SystemCallAbi abi) => abi is SystemCallAbi.I386 or SystemCallAbi.Arm;
}
