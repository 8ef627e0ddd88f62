using Containers.Engine;
using Containers.Interop;

namespace Containers.Abuse;

/// <summary>Many sessions do everything with the same few containers at once.</summary>
/// <param name="roots">The engine.</param>
/// <param name="seed">Where all chance comes from; the scheduler's comes on top.</param>
/// <param name="told">Told of each finding.</param>
internal sealed class Hammering(AbuseRoots roots, int seed, Action<string> told)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string[] Names = ["c0", "c1", "c2", "c3", "c4"];

    /// <summary>The number of findings.</summary>
    public int Findings { get; private set; }

    /// <summary>How many operations went well, and how many were refused.</summary>
    public int Done { get; private set; }

    /// <inheritdoc cref="Done"/>
    public int Refused { get; private set; }

    /// <summary>Hammers, and removes everything.</summary>
    /// <param name="sessions">How many processes.</param>
    /// <param name="time">How long.</param>
    public void Run(int sessions, TimeSpan time)
    {
        SessionProcess[] all = [.. Enumerable.Range(0, sessions).Select(_ => new SessionProcess(roots, Names))];
        try
        {
            Array.ForEach(all, session => session.AwaitReady());
            for (int i = 0; i < all.Length; i++)
            {
                all[i].Go(seed + i, time);
            }

            Look(time);
            long end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
            foreach (SessionProcess session in all.Where(session => !session.AwaitDone(TimeSpan.FromMilliseconds(Math.Max(1, end - Environment.TickCount64)))))
            {
                Tell($"a session hangs at '{session.Last}'");
            }

            (Done, Refused) = (all.Sum(session => session.Done), all.Sum(session => session.Refused));
        }
        finally
        {
            Array.ForEach(all, session => session.Dispose());
        }

        if (File.Exists(roots.FindingsFile))
        {
            Array.ForEach(File.ReadAllLines(roots.FindingsFile), Tell);
        }

        new StateCheck(roots).Find().ToList().ForEach(Tell);
        roots.RemoveAll().ToList().ForEach(Tell);
    }

    /// <summary>What a session sees that only looks, and repairs: it must never be refused.</summary>
    private void Look(TimeSpan time)
    {
        long end = Environment.TickCount64 + (long)time.TotalMilliseconds;
        while (Environment.TickCount64 < end)
        {
            try
            {
                _ = roots.Engine.List();
                foreach (var stale in roots.Engine.FindStale())
                {
                    _ = roots.Engine.Mend(stale);
                }
            }
            catch (Exception failure) when (failure is EngineException or KernelException)
            {
                Tell($"looking: {failure}".ReplaceLineEndings(" "));
            }

            Thread.Sleep(20);
        }
    }

    private void Tell(string finding)
    {
        Findings++;
        told(finding);
    }
}
