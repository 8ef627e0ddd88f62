using System.Runtime;
using System.Runtime.CompilerServices;

namespace Containers.Init;

/// <summary>The one way to the kernel. Every call returns its result, or minus the error number.</summary>
internal static unsafe class Sys
{
    /// <summary>A system call by number (<see cref="SysNr"/>).</summary>
    internal static long Call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) =>
        Raw(number, a, b, c, d, e, f);

    [RuntimeImport("syscall6")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern long Raw(long number, long a, long b, long c, long d, long e, long f);
}
