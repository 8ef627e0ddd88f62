using System.Runtime.InteropServices;

namespace Containers.Engine.Security;

/// <summary>A machine's architecture, which fixes the system call interfaces (ABIs) its kernel may offer.</summary>
internal enum MachineArchitecture
{
    /// <summary>x86-64, with i386 and x32 beside its own.</summary>
    X64,

    /// <summary>64-bit ARM, with 32-bit ARM (EABI) beside its own.</summary>
    Arm64,
}

/// <summary>What follows from a <see cref="MachineArchitecture"/>.</summary>
internal static class MachineArchitectures
{
    /// <summary>This machine's.</summary>
    internal static MachineArchitecture Current => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => MachineArchitecture.X64,
        Architecture.Arm64 => MachineArchitecture.Arm64,
        var other => throw new EngineException(
            EngineErrorReason.NotSupported, other.ToString(), $"Containers need an x64 or arm64 machine; this one is {other}."),
    };

    /// <summary>The name profiles in Docker's format know it by.</summary>
    /// <param name="architecture">The architecture.</param>
    /// <returns>Go's name of it.</returns>
    internal static string ProfileName(this MachineArchitecture architecture) =>
        architecture == MachineArchitecture.X64 ? "amd64" : "arm64";

    /// <summary>Its ABIs, its own first.</summary>
    /// <param name="architecture">The architecture.</param>
    /// <returns>The ABIs a filter has rules for.</returns>
    internal static IReadOnlyList<SystemCallAbi> Abis(this MachineArchitecture architecture) =>
        architecture == MachineArchitecture.X64 ? [SystemCallAbi.X64, SystemCallAbi.I386] : [SystemCallAbi.Arm64, SystemCallAbi.Arm];
}
