using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>A manifest or an index as a registry sent it, checked.</summary>
/// <param name="Bytes">The bytes.</param>
/// <param name="Digest">Their digest, computed.</param>
/// <param name="MediaType">The media type.</param>
/// <param name="Document">The parsed document.</param>
internal sealed record RemoteManifest(byte[] Bytes, string Digest, string MediaType, AnyManifest Document)
{
    private const int MostEntries = 1000;

    /// <summary>Whether it lists manifests of several platforms.</summary>
    public bool IsIndex => Document.Manifests is not null;

    /// <summary>Reads and checks a manifest.</summary>
    /// <param name="bytes">What came.</param>
    /// <param name="said">The media type that the registry says; null where it says none.</param>
    /// <param name="name">The image, for messages.</param>
    /// <returns>The manifest.</returns>
    /// <exception cref="EngineException">InvalidData, or NotSupported for schema 1.</exception>
    public static RemoteManifest Read(byte[] bytes, string? said, string name)
    {
        // Servers that know no manifests (plain file servers) say something general; then the document has to say it.
        string? type = said is "application/json" or "application/octet-stream" or "text/plain" ? null : said;
        StrictManifest manifest = StrictManifest.Read(bytes, type, "the registry", (reason, text) => reason == EngineErrorReason.NotSupported
            ? new EngineException(reason, name, $"The manifest of '{name}' cannot be taken: {text}. Push the image again with a current tool.")
            : Wrong(name, text));
        if (manifest.Entries.Count > MostEntries)
        {
            throw Wrong(name, $"it has more than {MostEntries} entries");
        }

        return manifest.Entries.FirstOrDefault(entry => !Images.Digest.IsValid(entry.Digest)) is { } other
            ? throw Wrong(name, $"it names '{RegistryText.Show(other.Digest)}', which is no sha256 digest")
            : new RemoteManifest(bytes, Images.Digest.Of(bytes), manifest.MediaType, manifest.Document);
    }

    private static EngineException Wrong(string name, string reason) =>
        RegistryErrors.Invalid(name, $"The manifest of '{name}' cannot be taken: {reason}.");
}
