using System.Globalization;

namespace Containers.Bench;

/// <summary>The command line.</summary>
internal sealed record BenchArguments(int Runs, string[] Only, string? JsonFile, string? ImageArchive)
{
    /// <summary>Rounds of random kills; 0 for the benchmarks.</summary>
    internal int Kills { get; init; }

    /// <summary>Seconds of many sessions at once; 0 for the benchmarks.</summary>
    internal int Hammer { get; init; }

    /// <summary>Where the chance of both comes from; null for another one each time.</summary>
    internal int? Seed { get; init; }

    internal const string Usage = """
        usage: Containers.Bench [--runs N] [--only NAME,...] [--json FILE] [--images ARCHIVE]
               Containers.Bench --kills N [--seed S]
               Containers.Bench --hammer SECONDS [--seed S]

          --runs N       timed runs of each contestant, interleaved (default 40)
          --only NAME    a part: floor, engine, cmdlet, crun, runc, podman-none, podman, docker-none, docker, exec-engine,
                         exec-cmdlet, exec-crun, exec-podman, exec-docker, memory, import
          --json FILE    writes every single measurement there too
          --images FILE  instead: loads, pulls, pushes, saves and unpacks the one image of this docker archive; --only then takes
                         load, pull, push, save, unpack (make-image.sh makes an archive of a Debian with packages)

          --kills N      instead: N rounds in which a session, a monitor or what it becomes is killed at a random moment
          --hammer N     instead: 20 sessions do everything with the same 5 containers for N seconds
          --seed S       what the chance of both comes from; printed

        Kills and hammering exit with 1 where something was found to be wrong.

        Needs root and gcc. Peers that are not installed are named with the reason. Everything lies in a temporary folder, in
        namespaces of its own where a peer would change the machine's network, and is removed at the end.
        """;

    internal static BenchArguments Parse(string[] arguments)
    {
        var result = new BenchArguments(40, [], null, null);
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            string value = i + 1 < arguments.Length ? arguments[++i] : throw new FormatException($"{name} needs a value");
            result = name switch
            {
                "--runs" when IsCount(value, out int runs) => result with { Runs = runs },
                "--only" => result with { Only = value.Split(',', StringSplitOptions.RemoveEmptyEntries) },
                "--kills" when IsCount(value, out int rounds) => result with { Kills = rounds },
                "--hammer" when IsCount(value, out int seconds) => result with { Hammer = seconds },
                "--seed" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int seed) => result with { Seed = seed },
                "--json" => result with { JsonFile = value },
                "--images" when File.Exists(value) => result with { ImageArchive = Path.GetFullPath(value) },
                _ => throw new FormatException($"{name} {value} is not understood"),
            };
        }

        return result;
    }

    private static bool IsCount(string text, out int count) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0;

    internal bool Wants(string name) => Only.Length == 0 || Only.Contains(name, StringComparer.Ordinal);
}
