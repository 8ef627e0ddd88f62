using System.Globalization;

namespace Containers.Bench;

/// <summary>The command line.</summary>
internal sealed record BenchArguments(int Runs, string[] Only, string? JsonFile, string? ImageArchive)
{
    internal const string Usage = """
        usage: Containers.Bench [--runs N] [--only NAME,...] [--json FILE] [--images ARCHIVE]

          --runs N       timed runs of each contestant, interleaved (default 40)
          --only NAME    a part: floor, engine, cmdlet, crun, runc, podman-none, podman, docker-none, docker, exec-engine,
                         exec-cmdlet, exec-crun, exec-podman, exec-docker, memory, import
          --json FILE    writes every single measurement there too
          --images FILE  instead: loads, pulls, pushes, saves and unpacks the one image of this docker archive; --only then takes
                         load, pull, push, save, unpack (make-image.sh makes an archive of a Debian with packages)

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
                "--runs" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int runs) && runs > 0 => result with { Runs = runs },
                "--only" => result with { Only = value.Split(',', StringSplitOptions.RemoveEmptyEntries) },
                "--json" => result with { JsonFile = value },
                "--images" when File.Exists(value) => result with { ImageArchive = Path.GetFullPath(value) },
                _ => throw new FormatException($"{name} {value} is not understood"),
            };
        }

        return result;
    }

    internal bool Wants(string name) => Only.Length == 0 || Only.Contains(name, StringComparer.Ordinal);
}
