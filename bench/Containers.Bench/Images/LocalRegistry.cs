using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Containers.Bench;

/// <summary>A docker-registry on loopback, without TLS.</summary>
internal sealed class LocalRegistry : IDisposable
{
    private readonly string folder;
    private readonly string configuration;
    private Process? process;

    internal LocalRegistry(Workspace workspace)
    {
        folder = workspace.NewFolder("registry");
        configuration = Path.Combine(folder, "config.yml");
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Address = $"127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        }

        File.WriteAllText(configuration, $"version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: {folder}/data }} }}\nhttp: {{ addr: {Address} }}\n");
        Start();
    }

    /// <summary>Host and port.</summary>
    internal string Address { get; }

    /// <summary>Starts anew with nothing in it.</summary>
    internal void Reset()
    {
        Stop();
        Directory.Delete(Path.Combine(folder, "data"), recursive: true);
        Start();
    }

    public void Dispose() => Stop();

    private void Start()
    {
        process = Command.Start(Command.Find("docker-registry"), "serve", configuration);
        process.ErrorDataReceived += static (_, _) => { };
        process.OutputDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                using var probe = new TcpClient();
                probe.Connect(IPEndPoint.Parse(Address));
                return;
            }
            catch (SocketException) when (waited.Elapsed < TimeSpan.FromSeconds(20) && !process.HasExited)
            {
                Thread.Sleep(50);
            }
            catch (SocketException)
            {
                throw new AbsentException("docker-registry does not start");
            }
        }
    }

    private void Stop()
    {
        if (process is { HasExited: false })
        {
            process.Kill();
            process.WaitForExit();
        }

        process?.Dispose();
        process = null;
    }
}
