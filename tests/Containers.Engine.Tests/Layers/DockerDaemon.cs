using System.Diagnostics;

namespace Containers.Engine.Tests.Layers;

/// <summary>A Docker daemon of one test, without a network, in the test's scratch folder; ended with it.</summary>
internal sealed class DockerDaemon : IDisposable
{
    private readonly ScratchFolder scratch;
    private readonly Process process;

    public DockerDaemon(ScratchFolder scratch)
    {
        ScratchFolder.SkipWithout("dockerd");
        ScratchFolder.SkipWithout("docker");
        this.scratch = scratch;
        scratch.MakeFolder("docker");
        var start = new ProcessStartInfo("dockerd") { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in (string[])
            ["--data-root", $"{scratch.Path}/docker/data", "--exec-root", $"{scratch.Path}/docker/exec", "-H", $"unix://{scratch.Path}/docker/socket",
            "-p", $"{scratch.Path}/docker/pid", "--bridge=none", "--iptables=false", "--storage-driver", "overlay2"])
        {
            start.ArgumentList.Add(argument);
        }

        process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (!EngineFixture.Patiently(() => process.HasExited || IsReady()) || process.HasExited)
        {
            Dispose();
            Assert.Skip("dockerd does not start here");
        }
    }

    /// <summary>Runs a shell script that speaks to the daemon.</summary>
    public string Shell(string script) => scratch.Shell($"export DOCKER_HOST=unix://{scratch.Path}/docker/socket\n{script}");

    public void Dispose()
    {
        if (!process.HasExited)
        {
            // SIGTERM: it ends its containerd and unmounts what it mounted.
            using Process kill = Process.Start("kill", [process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
            if (!process.WaitForExit(TimeSpan.FromSeconds(20)))
            {
                process.Kill();
                process.WaitForExit();
            }
        }

        process.Dispose();
    }

    private bool IsReady()
    {
        try
        {
            _ = Shell("docker version >/dev/null 2>&1");
            return true;
        }
        catch (Xunit.Sdk.TrueException)
        {
            return false;
        }
    }
}
