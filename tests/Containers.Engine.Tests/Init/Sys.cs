using System.Runtime.InteropServices;

namespace Containers.Init;

/// <summary>Stands in for the helper's class of this name: the same kernel, through libc, and a place to let a call fail.</summary>
internal static unsafe partial class Sys
{
    [ThreadStatic]
    private static Func<long, long[], long?>? intercept;

    /// <summary>Asked before each call of this thread: null lets it through, a number is its result. Properties are tried on several threads at once.</summary>
    internal static Func<long, long[], long?>? Intercept
    {
        get => intercept;
        set => intercept = value;
    }

    internal static long Call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) =>
        Intercept?.Invoke(number, [a, b, c, d, e, f]) ?? Forward(number, a, b, c, d, e, f);

    internal static long Forward(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0)
    {
        nint result = syscall((nint)number, (nint)a, (nint)b, (nint)c, (nint)d, (nint)e, (nint)f);
        return result < 0 ? -Marshal.GetLastPInvokeError() : result;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
