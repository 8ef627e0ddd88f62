using System.Diagnostics;
using Containers.Abuse;

namespace Containers.Bench;

/// <summary>Kills and hammers from the command line.</summary>
internal static class AbuseProgram
{
    private const int Sessions = 20;

    internal static int Run(BenchArguments arguments, TextWriter output, CancellationToken cancellation)
    {
        if (AbuseRoots.Missing is { } reason)
        {
            throw new AbsentException(reason);
        }

        int seed = arguments.Seed ?? Environment.TickCount & int.MaxValue;
        output.WriteLine($"seed {seed}");
        using var roots = new AbuseRoots();
        var clock = Stopwatch.StartNew();
        int findings;
        if (arguments.Kills > 0)
        {
            using var rounds = new KillRounds(roots, seed, output.WriteLine);
            rounds.Run(arguments.Kills, cancellation);
            findings = rounds.Findings;
            output.WriteLine($"{arguments.Kills} rounds; killed: {string.Join(", ", rounds.Kills.Select(kill => $"{kill.Key} {kill.Value}"))}");
        }
        else
        {
            var hammering = new Hammering(roots, seed, output.WriteLine);
            hammering.Run(Sessions, TimeSpan.FromSeconds(arguments.Hammer));
            findings = hammering.Findings;
            output.WriteLine($"{hammering.Done} operations done, {hammering.Refused} refused");
        }

        output.WriteLine($"{findings} findings in {clock.Elapsed.TotalSeconds:0} s");
        return findings > 0 ? 1 : 0;
    }
}
