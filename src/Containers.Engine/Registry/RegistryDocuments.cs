using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>What a token server answers.</summary>
internal sealed record TokenDocument
{
    [JsonPropertyName("token")]
    public string? Token { get; set; }

    [JsonPropertyName("access_token")]
    public string? AccessToken { get; set; }

    [JsonPropertyName("expires_in")]
    public long? ExpiresIn { get; set; }
}

/// <summary>What a registry answers when it refuses (distribution-spec, "Error Codes").</summary>
internal sealed record ErrorDocument
{
    [JsonPropertyName("errors")]
    public IReadOnlyList<ErrorEntry>? Errors { get; set; }

    internal sealed record ErrorEntry
    {
        [JsonPropertyName("code")]
        public string? Code { get; set; }

        [JsonPropertyName("message")]
        public string? Message { get; set; }
    }
}

/// <summary>A repository's tags (distribution-spec, "Listing Tags").</summary>
internal sealed record TagListDocument
{
    [JsonPropertyName("tags")]
    public IReadOnlyList<string?>? Tags { get; set; }
}

/// <summary>A manifest of whatever kind: only what tells the kinds from each other, and what an index lists.</summary>
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

/// <summary>What a credential helper is given, and answers.</summary>
internal sealed record HelperDocument
{
    [JsonPropertyName("ServerURL")]
    public string? ServerUrl { get; set; }

    [JsonPropertyName("Username")]
    public string? UserName { get; set; }

    [JsonPropertyName("Secret")]
    public string? Secret { get; set; }
}

/// <summary>Reads documents that may hold anything.</summary>
internal static class RegistryDocument
{
    /// <summary>Parses a document.</summary>
    /// <typeparam name="T">What it should be.</typeparam>
    /// <param name="bytes">The bytes.</param>
    /// <param name="type">How to read it.</param>
    /// <param name="problem">What is wrong with it; null where it was read.</param>
    /// <returns>The document; null where it is none.</returns>
    public static T? TryParse<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type, out string? problem)
        where T : class
    {
        try
        {
            T? document = JsonSerializer.Deserialize(bytes, type);
            problem = document is null ? "it is null" : null;
            return document;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or NotSupportedException)
        {
            problem = RegistryText.Show(failure.Message.TrimEnd('.'));
            return null;
        }
    }
}

/// <summary>Reads and writes the documents without reflection. A key that stands twice means different things to different readers: refused.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 32, AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TokenDocument))]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(TagListDocument))]
[JsonSerializable(typeof(AnyManifest))]
[JsonSerializable(typeof(HelperDocument))]
internal sealed partial class RegistryJson : JsonSerializerContext;
