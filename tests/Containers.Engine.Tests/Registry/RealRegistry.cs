using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Registry;

/// <summary>The real registry program on a port of this machine, with a storage of its own; ended and removed with the test.</summary>
internal sealed class RealRegistry : IDisposable
{
    public const string User = "user", Secret = "open sesame";

    // The bcrypt hash of the secret.
    private const string Password = "user:$2y$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n";
    private readonly ScratchFolder scratch;
    private readonly string name = $"registry-{Guid.NewGuid():N}";
    private Process? process;

    public RealRegistry(ScratchFolder scratch, bool isTls = false, bool hasPassword = false, string certificateFor = "127.0.0.1", TokenServer? tokens = null)
    {
        ScratchFolder.SkipWithout("docker-registry");
        ScratchFolder.SkipWithout("skopeo");
        this.scratch = scratch;
        IsTls = isTls;
        HasPassword = hasPassword;
        Port = FreePort();
        Folder = scratch.MakeFolder(name);
        if (isTls)
        {
            MakeCertificates(certificateFor);
        }

        string tls = isTls ? $"\n  tls: {{ certificate: {Folder}/server.crt, key: {Folder}/server.key }}" : string.Empty;
        string auth = hasPassword ? $"\nauth:\n  htpasswd: {{ realm: tests, path: {Folder}/htpasswd }}"
            : tokens is not null ? $"\nauth:\n  token: {{ realm: http://{tokens.Host}/token, service: {TokenServer.Service}, issuer: {TokenServer.Issuer}, rootcertbundle: {tokens.Certificate} }}"
            : string.Empty;
        File.WriteAllText($"{Folder}/htpasswd", Password);
        File.WriteAllText(
            $"{Folder}/config.yml",
            $"version: 0.1\nlog: {{ level: info }}\nstorage:\n  filesystem: {{ rootdirectory: {Folder}/data }}\n  delete: {{ enabled: true }}\nhttp:\n  addr: 127.0.0.1:{Port}\n  secret: tests{tls}{auth}\n");
        Start();
    }

    public int Port { get; }

    public string Folder { get; }

    public bool IsTls { get; }

    public bool HasPassword { get; }

    public string Host => $"127.0.0.1:{Port}";

    /// <summary>The certificate of the authority that signed the server's.</summary>
    public string Authority => $"{Folder}/ca.crt";

    /// <summary>What it logged so far.</summary>
    public string Log => File.ReadAllText($"{Folder}/log");

    /// <summary>Puts an image into it with skopeo.</summary>
    /// <param name="source">What skopeo takes, such as <c>oci:layout:tag</c>; relative to the scratch folder.</param>
    /// <param name="target">PATH:TAG.</param>
    /// <param name="more">Further options.</param>
    public void Put(string source, string target, string more = "")
    {
        string credentials = HasPassword ? $"--dest-creds '{User}:{Secret}'" : string.Empty;
        scratch.Shell($"skopeo copy -q --insecure-policy --dest-tls-verify=false {credentials} {more} '{source}' 'docker://{Host}/{target}'");
    }

    /// <summary>What skopeo says of an image in it.</summary>
    public string Inspect(string target, string more = "--raw")
    {
        string credentials = HasPassword ? $"--creds '{User}:{Secret}'" : string.Empty;
        return scratch.Shell($"skopeo inspect --tls-verify=false {credentials} {more} 'docker://{Host}/{target}'");
    }

    public void Stop()
    {
        process?.Kill();
        process?.WaitForExit();
        process?.Dispose();
        process = null;
    }

    public void Dispose() => Stop();

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Start()
    {
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, ArgumentList = { "-c", $"exec docker-registry serve '{Folder}/config.yml' >>'{Folder}/log' 2>&1" } };
        process = Process.Start(start)!;
        for (int attempt = 0; attempt < 200; attempt++)
        {
            try
            {
                using var probe = new TcpClient();
                probe.Connect(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException)
            {
                if (process.HasExited)
                {
                    Assert.Fail(Log);
                }

                Thread.Sleep(50);
            }
        }

        Stop();
        throw new TimeoutException("the registry did not start");
    }

    private void MakeCertificates(string host)
    {
        using RSA authorityKey = RSA.Create(2048), key = RSA.Create(2048);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        var authority = new CertificateRequest("CN=Authority of the tests", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 root = authority.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using X509Certificate2 certificate = request.Create(root, now.AddHours(-12), now.AddDays(1), Guid.NewGuid().ToByteArray());
        File.WriteAllText($"{Folder}/ca.crt", root.ExportCertificatePem());
        File.WriteAllText($"{Folder}/server.crt", certificate.ExportCertificatePem());
        File.WriteAllText($"{Folder}/server.key", key.ExportPkcs8PrivateKeyPem());
    }
}
