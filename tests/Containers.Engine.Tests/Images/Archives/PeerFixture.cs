using System.Diagnostics;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Images.Archives;

/// <summary>
/// Real engines with stores of their own: a dockerd in namespaces of its own, started once when it is first asked for, and podman. Two images made by docker
/// are in both: team/base:1 of one layer, and app:2, also called other/app:3, with a second one over it.
/// </summary>
public sealed class PeerFixture : IDisposable
{
    private readonly ScratchFolder scratch = new();

    // podman takes 50 characters at most.
    private readonly string podmanRun = $"/var/tmp/ct-{Guid.NewGuid().ToString("N")[..8]}";
    private Process? daemon;
    private string? podmanArchive;

    /// <summary>A folder of all tests of the class.</summary>
    public string Path => scratch.Path;

    /// <summary>The docker client with the daemon's address.</summary>
    public string Docker
    {
        get
        {
            if (daemon is null)
            {
                StartDocker();
            }

            return $"docker -H unix://{scratch.Path}/docker.sock";
        }
    }

    /// <summary>podman with a store of its own.</summary>
    public string Podman
    {
        get
        {
            ScratchFolder.SkipWithout("podman");
            string podman = $"podman --root {scratch.Path}/podman --runroot {podmanRun} --storage-driver vfs --tmpdir {scratch.Path}/podman-tmp";
            if (podmanArchive is null)
            {
                podmanArchive = DockerArchive();
                Shell($"{podman} load -q -i {podmanArchive}");
            }

            return podman;
        }
    }

    /// <summary>What docker save writes of both images under three names.</summary>
    public string DockerArchive()
    {
        string path = $"{scratch.Path}/docker-save.tar";
        if (!File.Exists(path))
        {
            Shell($"{Docker} save -o {path} team/base:1 app:2 other/app:3");
        }

        return path;
    }

    public string Shell(string script) => scratch.Shell(script);

    public void Dispose()
    {
        // unshare ignores SIGTERM while its child lives; with SIGKILL the child, the first in its pid namespace, goes too, and all others with it.
        if (daemon is { HasExited: false })
        {
            daemon.Kill();
            daemon.WaitForExit();
        }

        daemon?.Dispose();
        if (Directory.Exists(podmanRun))
        {
            Directory.Delete(podmanRun, recursive: true);
        }

        scratch.Dispose();
    }

    private void StartDocker()
    {
        ScratchFolder.SkipWithout("docker");
        ScratchFolder.SkipWithout("unshare");
        string? dockerd = new[] { "/usr/sbin/dockerd", "/usr/bin/dockerd", "/usr/local/bin/dockerd" }.FirstOrDefault(File.Exists);
        if (dockerd is null || !File.Exists("/bin/busybox"))
        {
            Assert.Skip("dockerd or busybox (package busybox-static) is not installed");
        }

        var start = new ProcessStartInfo("unshare") { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in new[]
        {
            "-mnpf", "--kill-child", "--mount-proc", "--propagation", "private", "sh", "-c", "mount -t tmpfs none /run || exit\nexec \"$@\"", "sh",
            dockerd, "--data-root", $"{scratch.Path}/docker", "--exec-root", "/run/docker-exec", "-H", $"unix://{scratch.Path}/docker.sock", "-p", $"{scratch.Path}/docker.pid", "--log-level", "error",
        })
        {
            start.ArgumentList.Add(argument);
        }

        daemon = Process.Start(start)!;
        string? lastError = null;
        daemon.ErrorDataReceived += (_, line) => lastError = line.Data ?? lastError;
        daemon.OutputDataReceived += static (_, _) => { };
        daemon.BeginErrorReadLine();
        daemon.BeginOutputReadLine();
        string client = $"docker -H unix://{scratch.Path}/docker.sock";
        for (var waited = Stopwatch.StartNew(); scratch.Shell($"{client} version >/dev/null 2>&1 && echo yes || true").Trim() != "yes"; Thread.Sleep(100))
        {
            if (daemon.HasExited || waited.Elapsed > TimeSpan.FromSeconds(60))
            {
                Assert.Skip($"dockerd does not start: {lastError}");
            }
        }

        // The builder that this client would take by default is not in every installation.
        scratch.Shell($$"""
            mkdir -p tree/bin tree/etc context
            cp /bin/busybox tree/bin/; ln -s busybox tree/bin/sh; echo one > tree/etc/one; echo two > context/two
            tar -C tree -c . | {{client}} import - team/base:1
            printf 'FROM team/base:1\nCOPY two /etc/two\nENV A=b\nLABEL k=v\nCMD ["/bin/sh"]\n' > context/Dockerfile
            DOCKER_BUILDKIT=0 {{client}} build -q -t app:2 -t other/app:3 context 2>/dev/null
            """);
    }
}
