using System.Text.Json.Serialization;

namespace Containers.Engine.Images.Archives;

/// <summary>One image of a docker archive's <c>manifest.json</c>, which is a list of these. Paths are those of the archive.</summary>
internal sealed record DockerArchiveImage
{
    [JsonPropertyName("Config")]
    public string? Config { get; set; }

    [JsonPropertyName("RepoTags")]
    public List<string>? RepoTags { get; set; }

    [JsonPropertyName("Layers")]
    public List<string>? Layers { get; set; }
}

/// <summary>Reads and writes the documents of archives without reflection. A name that occurs twice in an object is refused: readers differ in which one counts.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 32, AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(List<DockerArchiveImage>))]
[JsonSerializable(typeof(OciImage))]
[JsonSerializable(typeof(OciLayoutMarker))]
internal sealed partial class ArchiveJson : JsonSerializerContext;
