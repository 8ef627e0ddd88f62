using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Containers.Module.Tests.EndToEnd;

/// <summary>The real registry program on a port of this machine, ended and removed with its test.</summary>
internal sealed class LocalRegistry : IDisposable
{
    public const string User = "tester";
    public const string Secret = "secret";

    // The bcrypt hash of the secret.
    private const string Password = User + ":$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";

    private readonly Process _process;

    public LocalRegistry(string folder, bool hasPassword = false)
    {
        const string Program = "/usr/bin/docker-registry";
        if (!File.Exists(Program))
        {
            Assert.Skip("docker-registry (package docker-registry) is not installed");
        }

        var own = Directory.CreateDirectory(Path.Combine(folder, "registry")).FullName;
        var port = FreePort();
        Host = $"127.0.0.1:{port}";
        File.WriteAllText($"{own}/htpasswd", Password);
        var authentication = hasPassword ? $"auth:\n  htpasswd: {{ realm: tests, path: {own}/htpasswd }}\n" : "";
        File.WriteAllText(
            $"{own}/config.yml",
            $"version: 0.1\nlog: {{ level: error }}\nstorage:\n  filesystem: {{ rootdirectory: {own}/data }}\nhttp:\n  addr: {Host}\n  secret: tests\n{authentication}");
        _process = Process.Start(new ProcessStartInfo("/bin/sh")
        {
            UseShellExecute = false, ArgumentList = { "-c", $"exec {Program} serve '{own}/config.yml' >'{own}/log' 2>&1" },
        })!;
        Await(port, $"{own}/log");
    }

    /// <summary>Host and port.</summary>
    public string Host { get; }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Await(int port, string log)
    {
        for (var attempt = 0; attempt < 400; attempt++)
        {
            try
            {
                using var probe = new TcpClient();
                probe.Connect(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                Assert.False(_process.HasExited, $"The registry ended, see {log}");
                Thread.Sleep(50);
            }
        }

        Assert.Fail("The registry does not listen.");
    }
}
