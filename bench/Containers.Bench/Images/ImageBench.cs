using System.Globalization;

namespace Containers.Bench;

/// <summary>Works on one real image, ours and the peers', in turns.</summary>
internal sealed class ImageBench : IDisposable
{
    private const string Name = "bench-image:latest";
    private readonly BenchArguments arguments;
    private readonly CancellationToken cancellation;
    private readonly Workspace workspace = new();
    private readonly LocalRegistry registry;
    private readonly string layout;
    private readonly string saved;
    private readonly Lazy<DockerDaemon> docker;
    private readonly Lazy<Coprocess> engine;
    private readonly string[] podman;

    internal ImageBench(BenchArguments arguments, CancellationToken cancellation)
    {
        this.arguments = arguments;
        this.cancellation = cancellation;
        registry = new LocalRegistry(workspace);
        layout = Path.Combine(workspace.NewFolder("layout"), "image");
        saved = Path.Combine(workspace.NewFolder("saved"), "image.tar");
        Remote = $"{registry.Address}/{Name}";
        docker = new Lazy<DockerDaemon>(() => new DockerDaemon(workspace, withNetwork: false), LazyThreadSafetyMode.None);
        Environment.SetEnvironmentVariable("CONTAINERS_CONFIG", workspace.WriteEngineConfiguration());
        engine = new Lazy<Coprocess>(() => new Coprocess(Workspace.Self("--serve", "images", $"{arguments.ImageArchive}|{layout}|{Remote}|{saved}")), LazyThreadSafetyMode.None);
        podman = ["podman", "--root", workspace.NewFolder("podman"), "--runroot", workspace.NewRunFolder("podman"), "--storage-driver", "overlay"];

        // The same image for all: as a layout with layers in gzip, as registries have them.
        Command.Run("skopeo", "copy", "--quiet", $"docker-archive:{arguments.ImageArchive}", $"oci:{layout}:latest");
        FillRegistry();
    }

    private string Remote { get; }

    internal void Run(TextWriter to)
    {
        ImageContestant[] all = [.. Contestants().Where(one => arguments.Wants(one.Work))];
        for (int round = -1; round < arguments.Runs; round++)
        {
            foreach (ImageContestant contestant in all)
            {
                cancellation.ThrowIfCancellationRequested();
                contestant.Run(isTimed: round >= 0);
            }
        }

        Print(all, to);
    }

    public void Dispose()
    {
        if (engine.IsValueCreated)
        {
            engine.Value.Dispose();
        }

        if (docker.IsValueCreated)
        {
            docker.Value.Dispose();
        }

        registry.Dispose();
        workspace.Dispose();
    }

    private static string[] Docker(DockerDaemon daemon, params string[] arguments) => [.. daemon.Client, .. arguments];

    private IEnumerable<ImageContestant> Contestants()
    {
        string archive = arguments.ImageArchive!;
        string copied = workspace.NewFolder("copied"), bundle = Path.Combine(workspace.NewFolder("bundles"), "bundle");

        yield return Ours("load", ImageServer.Load, () => Engine(ImageServer.Clear));
        yield return OfDocker("load", ForgetInDocker, "load", "--quiet", "-i", archive);
        yield return Of("load", "podman", ForgetInPodman, [.. podman, "load", "--quiet", "-i", archive]);
        yield return Of("load", "skopeo", () => Renew(copied), ["skopeo", "copy", "--quiet", $"docker-archive:{archive}", $"oci:{copied}/image:latest"]);

        yield return Ours("pull", ImageServer.Pull, () => { FillRegistry(); Engine(ImageServer.Clear); });
        yield return OfDocker("pull", () => { FillRegistry(); ForgetInDocker(); }, "pull", "--quiet", Remote);
        yield return Of("pull", "podman", () => { FillRegistry(); ForgetInPodman(); }, [.. podman, "pull", "--quiet", "--tls-verify=false", Remote]);
        yield return Of("pull", "skopeo (copies only)", () => { FillRegistry(); Renew(copied); }, ["skopeo", "copy", "--quiet", "--src-tls-verify=false", $"docker://{Remote}", $"oci:{copied}/image:latest"]);

        yield return Ours("push", ImageServer.Push, () => { HaveInEngine(); registry.Reset(); });
        yield return OfDocker("push", () => { HaveInDocker(); registry.Reset(); }, "push", "--quiet", Remote);
        yield return Of("push", "podman", () => { HaveInPodman(); registry.Reset(); }, [.. podman, "push", "--quiet", "--tls-verify=false", Remote]);
        yield return Of("push", "skopeo (copies only)", registry.Reset, ["skopeo", "copy", "--quiet", "--dest-tls-verify=false", $"oci:{layout}:latest", $"docker://{Remote}"]);

        yield return Ours("save", ImageServer.Save, () => { HaveInEngine(); File.Delete(saved); });
        yield return OfDocker("save", () => { HaveInDocker(); File.Delete(saved); }, "save", "-o", saved, Remote);
        yield return Of("save", "podman", () => { HaveInPodman(); File.Delete(saved); }, [.. podman, "save", "--quiet", "-o", saved, Remote]);

        yield return Ours("unpack", ImageServer.Unpack, () => Engine(ImageServer.Clear));
        yield return Of("unpack", "umoci", () => Renew(bundle, make: false), ["umoci", "unpack", "--image", $"{layout}:latest", bundle]);
    }

    private ImageContestant Ours(string work, char request, Action prepare) => new(work, "engine", prepare, () =>
    {
        long time = engine.Value.Ask(request);
        return (time, engine.Value.PeakMemory);
    });

    private ImageContestant Of(string work, string name, Action prepare, string[] command)
    {
        var process = new Lazy<Coprocess>(() => new Coprocess([workspace.Floor, "command", Command.Find(command[0]), .. command[1..]]), LazyThreadSafetyMode.None);
        return new ImageContestant(work, name, prepare, () =>
        {
            long time = process.Value.Ask();
            return (time, process.Value.PeakMemory);
        });
    }

    /// <summary>Docker's work is its daemon's: the client's memory says nothing.</summary>
    private ImageContestant OfDocker(string work, Action prepare, params string[] command)
    {
        Coprocess? process = null;
        return new ImageContestant(work, "docker", prepare, () =>
        {
            process ??= new Coprocess([workspace.Floor, "command", .. Docker(docker.Value, command)]);
            int daemon = MemoryRow.FindProgram("dockerd", workspace);
            File.WriteAllText($"/proc/{daemon}/clear_refs", "5");
            long time = process.Ask();
            return (time, MemoryRow.PeakOf(daemon));
        });
    }

    private void Engine(char request) => _ = engine.Value.Ask(request);

    private void HaveInEngine()
    {
        Engine(ImageServer.Clear);
        Engine(ImageServer.Unpack);
    }

    private void ForgetInDocker()
    {
        foreach (string id in Command.Run(Docker(docker.Value, "images", "-q")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal))
        {
            Command.Run(Docker(docker.Value, "rmi", "-f", id));
        }
    }

    private void HaveInDocker()
    {
        if (Command.Run(Docker(docker.Value, "images", "-q", Remote)).Length == 0)
        {
            FillRegistry();
            Command.Run(Docker(docker.Value, "pull", "--quiet", Remote));
        }
    }

    private void ForgetInPodman() => Command.Run([Command.Find(podman[0]), .. podman[1..], "rmi", "--all", "--force"]);

    private void HaveInPodman()
    {
        string[] client = [Command.Find(podman[0]), .. podman[1..]];
        if (Command.Run([.. client, "images", "-q", Remote]).Length == 0)
        {
            FillRegistry();
            Command.Run([.. client, "pull", "--quiet", "--tls-verify=false", Remote]);
        }
    }

    private void FillRegistry() => Command.Run("skopeo", "copy", "--quiet", "--dest-tls-verify=false", $"oci:{layout}:latest", $"docker://{Remote}");

    private static void Renew(string folder, bool make = true)
    {
        if (Directory.Exists(folder))
        {
            Command.Run("rm", "-rf", "--one-file-system", folder);
        }

        if (make)
        {
            Directory.CreateDirectory(folder);
        }
    }

    private static void Print(ImageContestant[] all, TextWriter to)
    {
        to.WriteLine($"{"image",-9}{"who",-22}{"runs",5}{"median s",10}{"min",8}{"peak MB",9}{"x engine",10}");
        foreach (IGrouping<string, ImageContestant> work in all.GroupBy(static one => one.Work))
        {
            double? own = Median(work.First(static one => one.Name == "engine"));
            foreach (ImageContestant one in work)
            {
                to.WriteLine(one.Times.Count == 0
                    ? $"{work.Key,-9}{one.Name,-22}  absent: {one.Absent}"
                    : Invariant($"{work.Key,-9}{one.Name,-22}{one.Times.Count,5}{Median(one),10:F2}{Statistics.Of(one.Times).Shortest / 1000,8:F2}{one.Memory / 1e6,9:F0}{Median(one) / own,10:F2}"));
            }
        }

        to.WriteLine();
        foreach (ImageContestant peer in all.Where(static one => one.Work is "load" or "pull" && one.Name is "docker" or "podman" && one.Times.Count > 0))
        {
            double? ratio = Median(peer) / Median(all.First(one => one.Work == peer.Work && one.Name == "engine"));
            to.WriteLine(Invariant($"budget {peer.Work}: {peer.Name} >= 1.5 x engine {ratio,28:F2}  {(ratio >= 1.5 ? "reached" : "MISSED")}"));
        }

        long? most = all.Where(static one => one.Name == "engine").Max(static one => one.Memory);
        to.WriteLine(Invariant($"budget peak memory of the engine <= 200 MB {most / 1e6,20:F0}  {(most <= 200_000_000 ? "reached" : "MISSED")}"));
    }

    private static double? Median(ImageContestant one) => one.Times.Count == 0 ? null : Statistics.Of(one.Times).Median / 1000;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
