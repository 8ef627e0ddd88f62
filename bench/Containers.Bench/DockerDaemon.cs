using System.Diagnostics;

namespace Containers.Bench;

/// <summary>
/// A dockerd of our own in namespaces of its own: its bridge and its firewall rules are not the machine's, and none of its processes outlives it.
/// </summary>
internal sealed class DockerDaemon : IDisposable
{
    private readonly Process process;

    /// <param name="workspace">The temporary folder.</param>
    /// <param name="withNetwork">Whether it has a network of its own; without, it makes no bridge and no rules, and sees this machine's loopback.</param>
    internal DockerDaemon(Workspace workspace, bool withNetwork = true)
    {
        Client = [Command.Find("docker"), "-H", $"unix://{workspace.Folder}/docker.sock"];
        string folder = workspace.NewFolder("docker");
        process = Command.Start(Workspace.Isolated(
            withNetwork,
            "mount -t tmpfs none /run || exit",
            [Command.Find("dockerd"), "--data-root", folder + "/data", "--exec-root", workspace.NewRunFolder("docker"), "-H", $"unix://{workspace.Folder}/docker.sock",
            "-p", folder + "/pid", $"--cgroup-parent=/{workspace.CgroupName}", "--log-level", "error",
            .. (string[])(withNetwork ? [] : ["--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"])]));
        process.OutputDataReceived += static (_, _) => { };
        string? lastError = null;
        process.ErrorDataReceived += (_, line) => lastError = line.Data ?? lastError;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            WaitUntilItAnswers(() => lastError);
            if (withNetwork)
            {
                Command.Run([.. Client, "import", workspace.Archive, "bench:latest"]);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The client with the address of this daemon.</summary>
    internal string[] Client { get; }

    public void Dispose()
    {
        // unshare ignores SIGTERM while its child lives; with SIGKILL the child, the first in its pid namespace, goes too, and all others with it.
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
    }

    private void WaitUntilItAnswers(Func<string?> lastError)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                Command.Run([.. Client, "version"]);
                return;
            }
            catch (AbsentException) when (!process.HasExited && waited.Elapsed < TimeSpan.FromSeconds(30))
            {
                Thread.Sleep(100);
            }
            catch (AbsentException)
            {
                throw new AbsentException($"dockerd does not start: {lastError()}");
            }
        }
    }
}
