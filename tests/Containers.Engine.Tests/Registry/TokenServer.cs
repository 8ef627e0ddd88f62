using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Containers.Engine.Tests.Registry;

/// <summary>
/// A token server as the real registry program wants one: its tokens are signed and say what they are for. Everybody may pull what lies under
/// <c>public/</c>; user and secret may do everything.
/// </summary>
internal sealed class TokenServer : IDisposable
{
    public const string Service = "tests-service", Issuer = "tests-issuer";
    private static readonly string SignedIn = "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{RealRegistry.User}:{RealRegistry.Secret}"));
    private readonly RSA key = RSA.Create(2048);
    private readonly string chain;
    private readonly ScriptedServer server;

    public TokenServer(string folder)
    {
        var request = new CertificateRequest("CN=Tokens of the tests", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Certificate = $"{folder}/token.crt";
        File.WriteAllText(Certificate, certificate.ExportCertificatePem());
        chain = Convert.ToBase64String(certificate.RawData);
        server = new ScriptedServer(Answer);
    }

    public string Host => server.Host;

    public string Certificate { get; }

    public IReadOnlyCollection<ScriptedRequest> Requests => server.Requests;

    public void Dispose()
    {
        server.Dispose();
        key.Dispose();
    }

    private void Answer(ScriptedRequest request)
    {
        if (request.Authorization is not null && request.Authorization != SignedIn)
        {
            request.Answer(401, """{"errors":[{"code":"UNAUTHORIZED","message":"incorrect username or password"}]}""");
            return;
        }

        string[][] scopes = [.. request.Target[(request.Target.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('&').Select(field => field.Split('='))
            .Where(field => field[0] == "scope").Select(field => Uri.UnescapeDataString(field[1]).Split(':'))];
        var access = scopes.Where(scope => request.Authorization is not null || scope[1].StartsWith("public/", StringComparison.Ordinal))
            .Select(scope => new { type = scope[0], name = scope[1], actions = request.Authorization is null ? ["pull"] : scope[2].Split(',') });
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string head = Encode(new { typ = "JWT", alg = "RS256", x5c = new[] { chain } });
        string body = Encode(new { iss = Issuer, sub = "", aud = Service, exp = now + 300, nbf = now - 10, iat = now, jti = Guid.NewGuid().ToString("N"), access });
        byte[] signature = key.SignData(System.Text.Encoding.ASCII.GetBytes($"{head}.{body}"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.Answer(200, JsonSerializer.Serialize(new { token = $"{head}.{body}.{Base64Url.EncodeToString(signature)}", expires_in = 300 }));
    }

    private static string Encode(object document) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(document));
}
