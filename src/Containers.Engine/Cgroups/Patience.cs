namespace Containers.Engine.Cgroups;

/// <summary>Waits for something the kernel does not announce: short pauses first, longer ones later, up to a total.</summary>
/// <param name="total">How long altogether.</param>
internal sealed class Patience(TimeSpan total)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(20);
    private readonly long start = Environment.TickCount64;
    private TimeSpan pause = TimeSpan.Zero;

    /// <summary>How long altogether.</summary>
    public TimeSpan Total => total;

    /// <summary>Pauses.</summary>
    /// <returns>False, without a pause, once the time is over.</returns>
    public bool Wait()
    {
        if (Environment.TickCount64 - start > total.TotalMilliseconds)
        {
            return false;
        }

        Thread.Sleep(pause);
        pause = pause >= Longest ? Longest : pause + TimeSpan.FromMilliseconds(1);
        return true;
    }
}
