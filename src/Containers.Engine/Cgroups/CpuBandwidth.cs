using System.Globalization;
using Containers.Interop;

namespace Containers.Engine.Cgroups;

/// <summary>Processors as the scheduler's bandwidth control takes them: microseconds of processor time in each period.</summary>
internal static class CpuBandwidth
{
    /// <summary>The kernel's default period, in microseconds.</summary>
    public const int Period = 100_000;

    /// <summary>The least that can be given: the kernel takes no quota below a millisecond.</summary>
    public const decimal Least = 0.01m;

    /// <summary>The processors that are online, whatever this process itself may use (which is what .NET tells).</summary>
    public static int OnlineProcessors { get; } = CountOf(Files.ReadText(Files.CurrentFolder, "/sys/devices/system/cpu/online"));

    /// <summary>The quota in microseconds.</summary>
    /// <param name="processors">At least <see cref="Least"/>.</param>
    /// <returns>Microseconds of each <see cref="Period"/>.</returns>
    public static long QuotaOf(decimal processors) => (long)decimal.Round(processors * Period);

    /// <summary>Counts a kernel list of numbers such as <c>0-3,8</c>.</summary>
    /// <param name="list">The list, or null.</param>
    /// <returns>How many there are; what .NET tells where the list is not there.</returns>
    internal static int CountOf(string? list)
    {
        int count = 0;
        foreach (string range in (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = range.Split('-');
            count += int.Parse(ends[^1], CultureInfo.InvariantCulture) - int.Parse(ends[0], CultureInfo.InvariantCulture) + 1;
        }

        return count > 0 ? count : Environment.ProcessorCount;
    }
}
