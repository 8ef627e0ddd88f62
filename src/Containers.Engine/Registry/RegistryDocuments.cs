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

/// <summary>Reads and writes the documents without reflection. A key that stands twice means different things to different readers: refused.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 32, AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TokenDocument))]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(TagListDocument))]
[JsonSerializable(typeof(HelperDocument))]
internal sealed partial class RegistryJson : JsonSerializerContext;
