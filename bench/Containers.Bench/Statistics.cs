namespace Containers.Bench;

/// <summary>Median, percentiles and the shortest of measured times, in milliseconds.</summary>
internal readonly record struct Statistics(double Median, double P10, double P90, double Shortest)
{
    /// <summary>From nanoseconds to milliseconds.</summary>
    internal static Statistics Of(IReadOnlyCollection<long> nanoseconds)
    {
        double[] sorted = [.. nanoseconds.Order().Select(static n => n / 1e6)];
        return new Statistics(At(sorted, 0.5), At(sorted, 0.1), At(sorted, 0.9), sorted[0]);
    }

    private static double At(double[] sorted, double share)
    {
        double position = share * (sorted.Length - 1);
        int below = (int)position;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (position - below));
    }
}
