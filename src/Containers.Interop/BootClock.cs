using System.Runtime.InteropServices;

namespace Containers.Interop;

/// <summary>The clock by which durations are measured between processes (CLOCK_BOOTTIME): nobody sets it, and it goes on while the machine sleeps.</summary>
public static unsafe partial class BootClock
{
    private const int BootTime = 7, TicksPerSecond = 2;

    /// <summary>Time since the machine's start.</summary>
    /// <exception cref="KernelException">The call failed.</exception>
    public static TimeSpan Now
    {
        get
        {
            long* now = stackalloc long[2];
            _ = Native.Check(clock_gettime(BootTime, now), "reading", "the clock");
            return TimeSpan.FromSeconds(now[0]) + TimeSpan.FromTicks(now[1] / TimeSpan.NanosecondsPerTick);
        }
    }

    /// <summary>Time since the machine's start, from the unit of /proc/PID/stat (proc_pid_stat(5), field 22).</summary>
    /// <param name="ticks">Clock ticks.</param>
    /// <returns>The time.</returns>
    public static TimeSpan FromTicks(long ticks) => TimeSpan.FromTicks(ticks * (TimeSpan.TicksPerSecond / sysconf(TicksPerSecond)));

    // struct timespec is two words of 64 bits on the architectures that the engine runs on.
    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, long* now);

    [LibraryImport("libc")]
    private static partial long sysconf(int name);
}
