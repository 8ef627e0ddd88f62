using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Containers.Engine.Layers;

namespace Containers.Engine.Images;

/// <summary>
/// A manifest or an index of strangers, checked: it is of one kind, and of the kind that it and whoever gives it say (CVE-2021-41190: a document that
/// passes for both means different images to different readers).
/// </summary>
/// <param name="MediaType">The media type.</param>
/// <param name="Document">The parsed document.</param>
internal sealed record StrictManifest(string MediaType, AnyManifest Document)
{
    /// <summary>The media types that are read.</summary>
    public static IReadOnlyList<string> Accepted { get; } = [OciMediaType.Index, OciMediaType.Manifest, OciMediaType.DockerManifestList, OciMediaType.DockerManifest];

    /// <summary>Whether it lists manifests of several platforms; else it is an image's.</summary>
    public bool IsIndex => MediaType is OciMediaType.Index or OciMediaType.DockerManifestList;

    /// <summary>Its entries: an index's manifests, or an image's configuration and layers.</summary>
    public IReadOnlyList<OciDescriptor> Entries => IsIndex ? Document.Manifests! : [Document.Config!, .. Document.Layers!];

    /// <summary>Reads and checks a document.</summary>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="said">The media type that whoever gives it says; null where nobody says one.</param>
    /// <param name="sayer">Who says it.</param>
    /// <param name="refuse">Makes the failure: InvalidData, or NotSupported for schema 1; and why.</param>
    /// <returns>The document.</returns>
    /// <exception cref="EngineException">What <paramref name="refuse"/> makes.</exception>
    public static StrictManifest Read(ReadOnlySpan<byte> bytes, string? said, string sayer, Func<EngineErrorReason, string, EngineException> refuse)
    {
        AnyManifest document = OciDocument.TryParse(bytes, ManifestJson.Default.AnyManifest, out string? problem) ?? throw Wrong($"it is no JSON of a manifest ({problem})");
        if (said is OciMediaType.Schema1 or OciMediaType.Schema1Signed || document.SchemaVersion == 1 || document.FileSystemLayers is not null)
        {
            throw refuse(EngineErrorReason.NotSupported, "it is of Docker's schema 1, which was given up in 2019 and cannot be verified");
        }

        string? type = said ?? document.MediaType;
        if (type is null || !Accepted.Contains(type, StringComparer.Ordinal))
        {
            throw Wrong(type is null ? $"neither {sayer} nor the document says what it is" : $"it is of the unknown type '{Show(type)}'");
        }

        if (document.MediaType is not null && document.MediaType != type)
        {
            throw Wrong($"{sayer} says it is '{Show(type)}', and it itself '{Show(document.MediaType)}'");
        }

        if (document.SchemaVersion != 2)
        {
            throw Wrong($"its schema version is {document.SchemaVersion} instead of 2");
        }

        var manifest = new StrictManifest(type, document);
        if (manifest.IsIndex ? document.Manifests is null || document.Config is not null || document.Layers is not null : document.Manifests is not null)
        {
            throw Wrong("it could be read as the manifest of an image and as an index of several");
        }

        if (!manifest.IsIndex && (document.Config is null || document.Layers is null))
        {
            throw Wrong("it names no configuration or no layers");
        }

        return manifest.Entries.All(entry => entry is { Size: >= 0, Digest: not null, MediaType: not null }) ? manifest
            : throw Wrong("an entry of it is empty or has a negative size");

        EngineException Wrong(string reason) => refuse(EngineErrorReason.InvalidData, reason);
    }

    private static string Show(string text) => EntryName.Show(Encoding.UTF8.GetBytes(text));
}

/// <summary>A manifest of whatever kind: only what tells the kinds from each other, and what it lists.</summary>
internal sealed record AnyManifest
{
    [JsonPropertyName("schemaVersion")]
    public int SchemaVersion { get; set; }

    [JsonPropertyName("mediaType")]
    public string? MediaType { get; set; }

    [JsonPropertyName("artifactType")]
    public string? ArtifactType { get; set; }

    [JsonPropertyName("config")]
    public OciDescriptor? Config { get; set; }

    [JsonPropertyName("layers")]
    public List<OciDescriptor>? Layers { get; set; }

    [JsonPropertyName("manifests")]
    public List<OciDescriptor>? Manifests { get; set; }

    /// <summary>Only schema 1 has these.</summary>
    [JsonPropertyName("fsLayers")]
    public JsonElement? FileSystemLayers { get; set; }
}

/// <summary>Reads manifests without reflection. A key that stands twice means different things to different readers: refused.</summary>
[JsonSourceGenerationOptions(MaxDepth = 32, AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(AnyManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
