using System.Text.Json.Nodes;

namespace Containers.Bench;

/// <summary>How each peer is run.</summary>
internal sealed class Peers(Workspace workspace) : IDisposable
{
    // What the peers see instead of a hybrid layout's v1 controllers: crun 1.8 refuses that, and so podman fails with it.
    private const string OnlyCgroup2 = "umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup || exit";

    private Lazy<DockerDaemon>? docker;
    private Lazy<string[]>? podman;

    private static bool IsUnified => File.Exists("/sys/fs/cgroup/cgroup.controllers");

    internal Coprocess Crun() =>
        new(Workspace.Isolated(
            withNetwork: false,
            IsUnified ? string.Empty : OnlyCgroup2,
            workspace.Floor, "command", Command.Find("crun"), "--cgroup-manager=disabled", "--root", workspace.NewRunFolder("crun"),
            "run", "--bundle", Bundle("crun"), workspace.CgroupName + "-crun"));

    /// <summary>A command in a container that idles as long as the coprocess.</summary>
    internal Coprocess CrunExec()
    {
        string[] crun = [Command.Find("crun"), "--cgroup-manager=disabled", "--root", workspace.NewRunFolder("crun-exec")];
        string name = workspace.CgroupName + "-crun-exec";
        string start = $"{Quoted([.. crun, "run", "--detach", "--bundle", Bundle("crun", "/true", "idle"), name])} </dev/null >/dev/null || exit";
        return new(Workspace.Isolated(
            withNetwork: false, IsUnified ? start : OnlyCgroup2 + "\n" + start, [workspace.Floor, "command", .. crun, "exec", name, "/true"]));
    }

    /// <inheritdoc cref="CrunExec"/>
    internal Coprocess PodmanExec()
    {
        string[] run = PodmanRun(["-d", "--name", "exec", "--network", "none"]);
        return new(PodmanIsolated(
        [
            "sh", "-c", $"{Quoted([.. run, "localhost/bench", "/true", "idle"])} >/dev/null && exec \"$@\"", "sh",
            workspace.Floor, "command", .. podman!.Value, "exec", "exec", "/true",
        ]));
    }

    /// <inheritdoc cref="CrunExec"/>
    internal Coprocess DockerExec()
    {
        Command.Run([.. DockerClient(), "run", "-d", "--rm", "--name", "exec", "--network", "none", "bench", "/true", "idle"]);
        return new([workspace.Floor, "command", .. DockerClient(), "exec", "exec", "/true"]);
    }

    internal Coprocess Runc() =>
        new(Workspace.Isolated(
            withNetwork: false,
            string.Empty,
            workspace.Floor, "command", Command.Find("runc"), "--root", workspace.NewRunFolder("runc"),
            "run", "--bundle", Bundle("runc"), workspace.CgroupName + "-runc"));

    internal Coprocess Podman(params string[] options) =>
        new(PodmanIsolated([workspace.Floor, "command", .. PodmanRun(options), "localhost/bench", "/true"]));

    /// <summary>A detached container; lives until the coprocess is disposed of.</summary>
    internal Coprocess PodmanIdle() =>
        new(PodmanIsolated(
            ["sh", "-c", "\"$@\" >/dev/null && while read -r line; do echo ok 0; done", "sh", .. PodmanRun(["-d", "--network", "none"]), "localhost/bench", "/true", "idle"]));

    internal Coprocess Docker(params string[] options) => new([workspace.Floor, "command", .. DockerClient(), "run", "--rm", .. options, "bench", "/true"]);

    internal void DockerIdle() => Command.Run([.. DockerClient(), "run", "-d", "--rm", "--network", "none", "bench", "/true", "idle"]);

    public void Dispose()
    {
        if (docker is { IsValueCreated: true })
        {
            docker.Value.Dispose();
        }
    }

    private string[] DockerClient()
    {
        docker ??= new Lazy<DockerDaemon>(() => new DockerDaemon(workspace), LazyThreadSafetyMode.None);
        return docker.Value.Client;
    }

    private string[] PodmanRun(string[] options)
    {
        podman ??= new Lazy<string[]>(
            () =>
            {
                string folder = workspace.NewFolder("podman"), run = workspace.NewRunFolder("podman");
                string[] client =
                [
                    Command.Find("podman"), "--root", folder + "/root", "--runroot", run + "/run", "--tmpdir", run + "/tmp",
                    "--storage-driver", "overlay", "--cgroup-manager", "cgroupfs", "--events-backend", "file",
                ];
                Command.Run(PodmanIsolated([.. client, "import", workspace.Archive, "bench:latest"]));
                return client;
            },
            LazyThreadSafetyMode.None);
        return [.. podman.Value, "run", "--rm", .. options, .. IsUnified ? ["--cgroup-parent", "/" + workspace.CgroupName] : (string[])["--cgroups", "disabled"]];
    }

    /// <summary>Words for sh.</summary>
    private static string Quoted(string[] words) => string.Join(' ', words.Select(static word => $"'{word}'"));

    private static string[] PodmanIsolated(string[] arguments) =>
        Workspace.Isolated(
            withNetwork: true,
            (IsUnified ? string.Empty : OnlyCgroup2 + "\n") +
            "mount -t tmpfs none /run && mkdir -p /run/netns /run/lock || exit\n[ ! -d /var/lib/cni ] || mount -t tmpfs none /var/lib/cni || exit",
            arguments);

    /// <summary>A bundle as the runtime itself writes it, with our program and root file system.</summary>
    private string Bundle(string runtime, params string[] command)
    {
        string folder = workspace.NewFolder(runtime + "-bundle" + string.Concat(command).Replace('/', '-'));
        string file = Path.Combine(folder, "config.json");
        if (!File.Exists(file))
        {
            Command.Run("sh", "-c", "cd \"$1\" && exec \"$2\" spec", "sh", folder, Command.Find(runtime));
        }

        JsonNode config = JsonNode.Parse(File.ReadAllText(file))!;
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray([.. (command.Length > 0 ? command : ["/true"]).Select(static word => (JsonNode)word)]);
        config["root"] = new JsonObject { ["path"] = workspace.RootFileSystem, ["readonly"] = false };
        config["linux"]!["cgroupsPath"] = $"/{workspace.CgroupName}/{runtime}";
        File.WriteAllText(file, config.ToJsonString());
        return folder;
    }
}
