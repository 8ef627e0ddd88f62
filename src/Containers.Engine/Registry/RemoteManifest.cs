using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>
/// A manifest or an index as a registry sent it, checked: it is of one kind, and of the kind that it and the registry say (CVE-2021-41190: a document that
/// passes for both means different images to different readers).
/// </summary>
/// <param name="Bytes">The bytes.</param>
/// <param name="Digest">Their digest, computed.</param>
/// <param name="MediaType">The media type.</param>
/// <param name="Document">The parsed document.</param>
internal sealed record RemoteManifest(byte[] Bytes, string Digest, string MediaType, AnyManifest Document)
{
    private const string Schema1 = "application/vnd.docker.distribution.manifest.v1+json", Schema1Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    private const int MostEntries = 1000;

    /// <summary>The media types asked for.</summary>
    public static IReadOnlyList<string> Accepted { get; } = [OciMediaType.Index, OciMediaType.Manifest, OciMediaType.DockerManifestList, OciMediaType.DockerManifest];

    /// <summary>Whether it lists manifests of several platforms.</summary>
    public bool IsIndex => MediaType is OciMediaType.Index or OciMediaType.DockerManifestList;

    /// <summary>Reads and checks a manifest.</summary>
    /// <param name="bytes">What came.</param>
    /// <param name="said">The media type that the registry says; null where it says none.</param>
    /// <param name="name">The image, for messages.</param>
    /// <returns>The manifest.</returns>
    /// <exception cref="EngineException">InvalidData, or NotSupported for schema 1.</exception>
    public static RemoteManifest Read(byte[] bytes, string? said, string name)
    {
        AnyManifest document = RegistryDocument.TryParse(bytes, RegistryJson.Default.AnyManifest, out string? problem)
            ?? throw Wrong(name, $"it is no JSON of a manifest ({problem})");
        if (said is Schema1 or Schema1Signed || document.SchemaVersion == 1 || document.FileSystemLayers is not null)
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, name, $"'{name}' has a manifest of Docker's schema 1, which was given up in 2019 and cannot be verified. Push the image again with a current tool.");
        }

        // Servers that know no manifests (plain file servers) say something general; then the document has to say it.
        string? type = said is null or "application/json" or "application/octet-stream" or "text/plain" ? document.MediaType : said;
        if (type is null || !Accepted.Contains(type, StringComparer.Ordinal))
        {
            throw Wrong(name, type is null ? "neither the registry nor the document says what it is" : $"it is of the unknown type '{RegistryText.Show(type)}'");
        }

        if (document.MediaType is not null && document.MediaType != type)
        {
            throw Wrong(name, $"the registry says it is '{RegistryText.Show(type)}', and it itself '{RegistryText.Show(document.MediaType)}'");
        }

        var manifest = new RemoteManifest(bytes, Images.Digest.Of(bytes), type, document);
        if (document.SchemaVersion != 2)
        {
            throw Wrong(name, $"its schema version is {document.SchemaVersion} instead of 2");
        }

        if (manifest.IsIndex ? document.Manifests is null || document.Config is not null || document.Layers is not null : document.Manifests is not null)
        {
            throw Wrong(name, "it could be read as the manifest of an image and as an index of several");
        }

        if (!manifest.IsIndex && (document.Config is null || document.Layers is null))
        {
            throw Wrong(name, "it names no configuration or no layers");
        }

        IReadOnlyList<OciDescriptor?> entries = manifest.IsIndex ? document.Manifests! : [document.Config!, .. document.Layers!];
        if (entries.Count > MostEntries)
        {
            throw Wrong(name, $"it has more than {MostEntries} entries");
        }

        foreach (OciDescriptor? entry in entries)
        {
            Check(entry, name);
        }

        return manifest;
    }

    private static void Check(OciDescriptor? entry, string name)
    {
        if (entry is null || entry.Size < 0 || entry.Digest is null || entry.MediaType is null)
        {
            throw Wrong(name, "an entry of it is empty or has a negative size");
        }

        if (!Images.Digest.IsValid(entry.Digest))
        {
            throw Wrong(name, $"it names '{RegistryText.Show(entry.Digest)}', which is no sha256 digest");
        }
    }

    private static EngineException Wrong(string name, string reason) =>
        RegistryErrors.Invalid(name, $"The manifest of '{name}' cannot be taken: {reason}.");
}
