namespace Containers.Interop;

/// <summary>Numbers of system calls that are the same on x86-64 and arm64 (all since Linux 5.1), or picked by architecture.</summary>
internal static class SystemCall
{
    internal const int PidfdSendSignal = 424;
    internal const int OpenTree = 428;
    internal const int MoveMount = 429;
    internal const int Fsopen = 430;
    internal const int Fsconfig = 431;
    internal const int Fsmount = 432;
    internal const int PidfdOpen = 434;
    internal const int CloseRange = 436;
    internal const int Openat2 = 437;
    internal const int PidfdGetfd = 438;
    internal const int MountSetattr = 442;

    internal static readonly int Renameat2 = Pick(316, 276);
    internal static readonly int Bpf = Pick(321, 280);

    private static int Pick(int x64, int arm64) =>
        System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => x64,
            System.Runtime.InteropServices.Architecture.Arm64 => arm64,
            var other => throw new PlatformNotSupportedException($"Linux on {other} is not supported; x64 and arm64 are."),
        };
}
