using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Registry;

/// <summary>One file of credentials. Keys that are not about credentials are kept as they are.</summary>
/// <param name="path">Its absolute path; it need not be there.</param>
internal sealed class CredentialFile(string path)
{
    private const int LargestFile = 4 << 20;
    private static readonly JsonWriterOptions Indented = new() { Indented = true, IndentCharacter = '\t', IndentSize = 1 };

    /// <summary>Its path.</summary>
    public string Path => path;

    /// <summary>Reads the file.</summary>
    /// <returns>What it holds; nothing where it is not there.</returns>
    /// <exception cref="EngineException">InvalidConfiguration where it is damaged.</exception>
    public Content Read()
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists || file.Length == 0)
            {
                return new Content(new JsonObject(), path);
            }

            return file.Length > LargestFile ? throw Damaged("it is too long") : Parse(File.ReadAllBytes(path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Damaged(failure.Message, failure);
        }
    }

    /// <summary>Writes the credentials of one host, or takes them away.</summary>
    /// <param name="host">The host.</param>
    /// <param name="credential">The credentials; null to take them away.</param>
    /// <exception cref="EngineException">InvalidConfiguration where the file is damaged; Storage where it cannot be written.</exception>
    public void Write(string host, RegistryCredential? credential)
    {
        try
        {
            // A link stays one: it leads to where the user keeps the file.
            string target = new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
            string folderPath = System.IO.Path.GetDirectoryName(target)!;
            if (!Directory.Exists(folderPath))
            {
                Directory.CreateDirectory(folderPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            using FileDescriptor folder = Files.Open(Files.CurrentFolder, folderPath, LibC.O_RDONLY | LibC.O_DIRECTORY);
            _ = Files.Lock(folder, wait: true, folderPath);
            Content content = Read();
            content.Set(host, credential);
            AtomicDocument.Write(folder.Number, System.IO.Path.GetFileName(target), content.ToBytes(), durable: true, Files.TryStat(folder.Number, System.IO.Path.GetFileName(target), follow: false, out FileStatus present) == Errno.None ? present with { Mode = 0x180 } : null);
        }
        catch (Exception failure) when (failure is KernelException or IOException or UnauthorizedAccessException)
        {
            throw new EngineException(EngineErrorReason.Storage, host, $"The credentials for {host} could not be written to '{path}': {RegistryText.Show(failure.Message.TrimEnd('.'))}.", failure);
        }
    }

    private Content Parse(byte[] bytes)
    {
        try
        {
            return JsonNode.Parse(bytes, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) is JsonObject root
                ? new Content(root, path)
                : throw Damaged("it holds no JSON object");
        }
        catch (JsonException failure)
        {
            throw Damaged($"it is no JSON ({failure.Message})", failure);
        }
    }

    private EngineException Damaged(string reason, Exception? inner = null) =>
        new(EngineErrorReason.InvalidConfiguration, path, $"The file of credentials '{path}' cannot be used: {RegistryText.Show(reason)}. Repair or remove it.", inner);

    /// <summary>What the file holds.</summary>
    /// <param name="root">The JSON.</param>
    /// <param name="path">The file's path.</param>
    internal sealed class Content(JsonObject root, string path)
    {
        private JsonObject? Entries => root["auths"] as JsonObject;

        /// <summary>The helper that keeps the host's credentials; null for none.</summary>
        public string? HelperOf(string host) => (root["credHelpers"] as JsonObject)?.FirstOrDefault(entry => HostOf(entry.Key) == host).Value is { } own
            ? Text(own)
            : Text(root["credsStore"]);

        /// <summary>Whether it has an entry for the host.</summary>
        public bool Has(string host) => KeysOf(host).Count > 0;

        /// <summary>The credentials that it holds itself.</summary>
        /// <exception cref="EngineException">InvalidConfiguration for an entry that does not parse.</exception>
        public RegistryCredential? Find(string host) => KeysOf(host).Select(key => Read(host, Entries![key] as JsonObject)).FirstOrDefault(found => found is not null);

        /// <summary>Replaces the host's entries.</summary>
        public void Set(string host, RegistryCredential? credential)
        {
            foreach (string key in KeysOf(host))
            {
                Entries!.Remove(key);
            }

            if (credential is null)
            {
                return;
            }

            if (Entries is null)
            {
                root["auths"] = new JsonObject();
            }

            Entries![CredentialHelpers.KeyOf(host)] = new JsonObject
            {
                ["auth"] = JsonValue.Create(Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.User}:{credential.Secret}"))),
            };
        }

        /// <summary>The file's new bytes.</summary>
        public byte[] ToBytes()
        {
            using var stream = new MemoryStream();
            using (var writer = new Utf8JsonWriter(stream, Indented))
            {
                root.WriteTo(writer);
            }

            stream.WriteByte((byte)'\n');
            return stream.ToArray();
        }

        private List<string> KeysOf(string host) => [.. (Entries ?? []).Select(entry => entry.Key).Where(key => HostOf(key) == host)];

        // Keys are hosts, or addresses as Docker's first registries had them. One with a path below the host is for that path alone, which is not asked for.
        private static string HostOf(string key)
        {
            int scheme = key.IndexOf("://", StringComparison.Ordinal);
            string rest = scheme > 0 ? key[(scheme + 3)..] : key;
            int slash = rest.IndexOf('/', StringComparison.Ordinal);
            return slash < 0 ? RegistryAddress.Canonical(rest)
                : rest[slash..] is "/" or "/v1" or "/v1/" or "/v2" or "/v2/" ? RegistryAddress.Canonical(rest[..slash])
                : string.Empty;
        }

        private RegistryCredential? Read(string host, JsonObject? entry)
        {
            if (entry is null)
            {
                return null;
            }

            if (Text(entry["identitytoken"]) is { Length: > 0 } token)
            {
                return new RegistryCredential(string.Empty, token) { IsIdentityToken = true };
            }

            if (Text(entry["auth"]) is { Length: > 0 } packed)
            {
                return Unpack(packed) ?? throw new EngineException(
                    EngineErrorReason.InvalidConfiguration, path, $"The entry of {host} in '{path}' is damaged: its \"auth\" is no base64 of USER:SECRET. Sign in again: Connect-ContainerRegistry {host}");
            }

            return Text(entry["username"]) is { Length: > 0 } user && Text(entry["password"]) is { Length: > 0 } secret ? new RegistryCredential(user, secret) : null;
        }

        private static RegistryCredential? Unpack(string packed)
        {
            byte[] bytes = new byte[packed.Length];
            if (!Convert.TryFromBase64String(packed, bytes, out int length))
            {
                return null;
            }

            string text = Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\0');
            int colon = text.IndexOf(':', StringComparison.Ordinal);
            return colon > 0 && colon < text.Length - 1 ? new RegistryCredential(text[..colon], text[(colon + 1)..]) : null;
        }

        private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;
    }
}
