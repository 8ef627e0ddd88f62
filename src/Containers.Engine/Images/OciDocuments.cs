using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Containers.Engine.Images;

/// <summary>Media types of the OCI image specification, and Docker's that mean the same.</summary>
internal static class OciMediaType
{
    public const string Index = "application/vnd.oci.image.index.v1+json";
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    public const string Config = "application/vnd.oci.image.config.v1+json";
    public const string Layer = "application/vnd.oci.image.layer.v1.tar";
    public const string LayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    public const string LayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";
    public const string Schema1 = "application/vnd.docker.distribution.manifest.v1+json";
    public const string Schema1Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";
}

/// <summary>A reference to a blob (image-spec, descriptor.md).</summary>
internal sealed record OciDescriptor
{
    /// <summary>The annotation that names an image of a layout.</summary>
    public const string RefName = "org.opencontainers.image.ref.name";

    /// <summary>The annotation of the layout's entry that says where the image came from: a repository and the digest that it has there.</summary>
    public const string OriginName = "pscontainers.image.origin";

    /// <summary>The annotation of the layout's entry that gives the digest of the manifest as it came, where that was not OCI's.</summary>
    public const string OriginalManifest = "pscontainers.image.manifest";

    [JsonPropertyName("mediaType")]
    public string MediaType { get; set; } = string.Empty;

    [JsonPropertyName("digest")]
    public string Digest { get; set; } = string.Empty;

    [JsonPropertyName("size")]
    public long Size { get; set; }

    [JsonPropertyName("platform")]
    public OciPlatform? Platform { get; set; }

    [JsonPropertyName("annotations")]
    public Dictionary<string, string>? Annotations { get; set; }

    /// <summary>What other tools wrote and this engine does not know: kept.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }

    /// <summary>The image's name in the layout, or null.</summary>
    [JsonIgnore]
    public string? Name => Annotations?.GetValueOrDefault(RefName);

    /// <summary>The repository that the image came from and its digest there, or null.</summary>
    [JsonIgnore]
    public string? Origin => Annotations?.GetValueOrDefault(OriginName);

    /// <summary>The same reference under another name, or none.</summary>
    public OciDescriptor WithName(string? name) => WithAnnotation(RefName, name);

    /// <summary>The same reference with another value of an annotation, or without it.</summary>
    public OciDescriptor WithAnnotation(string key, string? value)
    {
        var annotations = new Dictionary<string, string>(Annotations ?? [], StringComparer.Ordinal);
        annotations.Remove(key);
        if (value is not null)
        {
            annotations[key] = value;
        }

        return this with { Annotations = annotations.Count == 0 ? null : annotations };
    }
}

/// <summary>What a manifest of an index is for.</summary>
internal sealed record OciPlatform
{
    [JsonPropertyName("architecture")]
    public string Architecture { get; set; } = string.Empty;

    [JsonPropertyName("os")]
    public string OperatingSystem { get; set; } = string.Empty;

    [JsonPropertyName("variant")]
    public string? Variant { get; set; }

    /// <summary>What else there is.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>An index of manifests (image-spec, image-index.md).</summary>
internal sealed record OciIndex
{
    [JsonPropertyName("schemaVersion")]
    public int SchemaVersion { get; set; } = 2;

    [JsonPropertyName("mediaType")]
    public string? MediaType { get; set; }

    [JsonPropertyName("manifests")]
    public List<OciDescriptor> Manifests { get; set => field = OciList.Whole(value); } = [];

    /// <summary>What other tools wrote: kept.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>An image's manifest (image-spec, manifest.md).</summary>
internal sealed record OciManifest
{
    [JsonPropertyName("schemaVersion")]
    public int SchemaVersion { get; set; } = 2;

    [JsonPropertyName("mediaType")]
    public string? MediaType { get; set; }

    [JsonPropertyName("config")]
    public OciDescriptor? Config { get; set; }

    [JsonPropertyName("layers")]
    public List<OciDescriptor> Layers { get; set => field = OciList.Whole(value); } = [];

    /// <summary>An index nested under a manifest's name has this; then it is refused as ambiguous (CVE-2021-41190).</summary>
    [JsonPropertyName("manifests")]
    public JsonElement? Manifests { get; set; }

    /// <summary>What other tools wrote: kept.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>The file <c>oci-layout</c> (image-spec, image-layout.md).</summary>
internal sealed record OciLayoutMarker
{
    [JsonPropertyName("imageLayoutVersion")]
    public string ImageLayoutVersion { get; set; } = "1.0.0";
}

/// <summary>The commit record of an unpacked layer, <c>layer.json</c>: written last, so that its presence says that the layer is whole.</summary>
internal sealed record LayerRecord
{
    [JsonPropertyName("diffId")]
    public string DiffId { get; set; } = string.Empty;

    [JsonPropertyName("chainId")]
    public string ChainId { get; set; } = string.Empty;

    /// <summary>Bytes of content of its files.</summary>
    [JsonPropertyName("size")]
    public long Size { get; set; }

    /// <summary>Files, folders, links and nodes.</summary>
    [JsonPropertyName("entries")]
    public long Entries { get; set; }

    /// <summary>The blob it was unpacked from.</summary>
    [JsonPropertyName("blob")]
    public OciDescriptor? Blob { get; set; }
}

/// <summary>Reads and writes the documents without reflection.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 64)]
[JsonSerializable(typeof(OciIndex))]
[JsonSerializable(typeof(OciManifest))]
[JsonSerializable(typeof(OciImage))]
[JsonSerializable(typeof(OciImageLayers))]
[JsonSerializable(typeof(OciLayoutMarker))]
[JsonSerializable(typeof(LayerRecord))]
internal sealed partial class OciJson : JsonSerializerContext
{
    /// <summary>For writing: characters such as the plus of media types stand as they are, as other tools write them.</summary>
    public static OciJson Writer { get; } = new(new JsonSerializerOptions
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
