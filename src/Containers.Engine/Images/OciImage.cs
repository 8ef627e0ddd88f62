using System.Text.Json;
using System.Text.Json.Serialization;

namespace Containers.Engine.Images;

/// <summary>An image's configuration (image-spec, config.md). What is not known here is kept, so that a configuration that is written anew loses nothing.</summary>
internal sealed record OciImage
{
    [JsonPropertyName("created")]
    public DateTimeOffset? Created { get; set; }

    [JsonPropertyName("author")]
    public string? Author { get; set; }

    [JsonPropertyName("architecture")]
    public string Architecture { get; set => field = value ?? string.Empty; } = string.Empty;

    [JsonPropertyName("os")]
    public string OperatingSystem { get; set => field = value ?? string.Empty; } = "linux";

    [JsonPropertyName("variant")]
    public string? Variant { get; set; }

    [JsonPropertyName("config")]
    public OciImageConfig? Config { get; set; }

    [JsonPropertyName("rootfs")]
    public OciRootFileSystem RootFileSystem { get; set => field = value ?? new(); } = new();

    [JsonPropertyName("history")]
    public List<OciHistory>? History { get; set => field = value is null ? null : OciList.Whole(value); }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>What containers of an image run by default.</summary>
internal sealed record OciImageConfig
{
    [JsonPropertyName("User")]
    public string? User { get; set; }

    /// <summary>The keys are ports; the values say nothing.</summary>
    [JsonPropertyName("ExposedPorts")]
    public Dictionary<string, JsonElement>? ExposedPorts { get; set; }

    [JsonPropertyName("Env")]
    [JsonConverter(typeof(OciTextsConverter))]
    public IReadOnlyList<string>? Env { get; set; }

    [JsonPropertyName("Entrypoint")]
    [JsonConverter(typeof(OciTextsConverter))]
    public IReadOnlyList<string>? Entrypoint { get; set; }

    [JsonPropertyName("Cmd")]
    [JsonConverter(typeof(OciTextsConverter))]
    public IReadOnlyList<string>? Cmd { get; set; }

    [JsonPropertyName("Healthcheck")]
    public OciHealthcheck? Healthcheck { get; set; }

    /// <summary>The keys are paths; the values say nothing.</summary>
    [JsonPropertyName("Volumes")]
    public Dictionary<string, JsonElement>? Volumes { get; set; }

    [JsonPropertyName("WorkingDir")]
    public string? WorkingDir { get; set; }

    [JsonPropertyName("Labels")]
    public IReadOnlyDictionary<string, string>? Labels { get; set; }

    [JsonPropertyName("StopSignal")]
    public string? StopSignal { get; set; }

    [JsonPropertyName("OnBuild")]
    [JsonConverter(typeof(OciTextsConverter))]
    public IReadOnlyList<string>? OnBuild { get; set; }

    [JsonPropertyName("Shell")]
    [JsonConverter(typeof(OciTextsConverter))]
    public IReadOnlyList<string>? Shell { get; set; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>How it is found out whether a container is well. Times are nanoseconds; 0 is the default.</summary>
internal sealed record OciHealthcheck
{
    [JsonPropertyName("Test")]
    [JsonConverter(typeof(OciTextsConverter))]
    public IReadOnlyList<string>? Test { get; set; }

    [JsonPropertyName("Interval")]
    public long? Interval { get; set; }

    [JsonPropertyName("Timeout")]
    public long? Timeout { get; set; }

    [JsonPropertyName("StartPeriod")]
    public long? StartPeriod { get; set; }

    [JsonPropertyName("StartInterval")]
    public long? StartInterval { get; set; }

    [JsonPropertyName("Retries")]
    public int? Retries { get; set; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>The layers of an image by the digests of their uncompressed archives.</summary>
internal sealed record OciRootFileSystem
{
    [JsonPropertyName("type")]
    public string Type { get; set; } = "layers";

    [JsonPropertyName("diff_ids")]
    [JsonConverter(typeof(OciTextsConverter))]
    public IReadOnlyList<string> DiffIds { get; set => field = value ?? []; } = [];

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>How a layer came to be.</summary>
internal sealed record OciHistory
{
    [JsonPropertyName("created")]
    public DateTimeOffset? Created { get; set; }

    [JsonPropertyName("created_by")]
    public string? CreatedBy { get; set; }

    [JsonPropertyName("author")]
    public string? Author { get; set; }

    [JsonPropertyName("comment")]
    public string? Comment { get; set; }

    [JsonPropertyName("empty_layer")]
    public bool? EmptyLayer { get; set; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>The part of a configuration that says which layers an image has, where the rest cannot be read.</summary>
internal sealed record OciImageLayers
{
    [JsonPropertyName("rootfs")]
    public OciRootFileSystem RootFileSystem { get; set => field = value ?? new(); } = new();
}
