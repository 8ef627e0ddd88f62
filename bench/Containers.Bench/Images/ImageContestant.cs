namespace Containers.Bench;

/// <summary>One way to do a work on the image, with its measurements.</summary>
/// <param name="work">load, pull, push, save or unpack.</param>
/// <param name="name">Who does it.</param>
/// <param name="prepare">What is done before each run, and does not count.</param>
/// <param name="run">Does it; gives nanoseconds, and bytes of memory at most.</param>
internal sealed class ImageContestant(string work, string name, Action prepare, Func<(long Time, long? Memory)> run)
{
    internal string Work => work;

    internal string Name => name;

    /// <summary>Why it takes no part (any more), or null.</summary>
    internal string? Absent { get; private set; }

    /// <summary>Nanoseconds of each run.</summary>
    internal List<long> Times { get; } = [];

    /// <summary>Bytes of memory at most, of all runs; null where not told.</summary>
    internal long? Memory { get; private set; }

    /// <summary>Does one run; a contestant that fails leaves.</summary>
    internal void Run(bool isTimed)
    {
        if (Absent is not null)
        {
            return;
        }

        try
        {
            prepare();

            // What others wrote must not be written back during this run.
            Command.Run("sync");
            (long time, long? memory) = run();
            if (isTimed)
            {
                Times.Add(time);
                Memory = memory is { } told ? Math.Max(told, Memory ?? 0) : Memory;
            }
        }
        catch (AbsentException absent)
        {
            Absent = absent.Message;
        }
    }
}
