using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Containers.Engine.Images;

/// <summary>
/// Makes an image's configuration of another's: one layer more, what was asked changed, an entry in the history. What the engine does not know in it stays
/// as it is. The same input makes the same bytes.
/// </summary>
internal static class ImageConfigEdit
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The configuration of an image without layers, for this machine's architecture.</summary>
    /// <returns>The document.</returns>
    public static byte[] Empty() => Encoding.UTF8.GetBytes(
        $$$"""{"architecture":"{{{ImageCatalog.MachineArchitecture}}}","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]},"history":[]}""");

    /// <summary>Adds a layer and changes.</summary>
    /// <param name="configuration">The other's configuration.</param>
    /// <param name="diffId">The new layer.</param>
    /// <param name="changes">The changes, checked.</param>
    /// <param name="created">When the image was made.</param>
    /// <param name="createdBy">What made it, for the history.</param>
    /// <returns>The new configuration.</returns>
    /// <exception cref="EngineException">Storage where the other's configuration is damaged.</exception>
    public static byte[] AddLayer(byte[] configuration, string diffId, ImageChanges changes, DateTimeOffset created, string createdBy)
    {
        string time = created.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
        try
        {
            JsonObject image = JsonNode.Parse(configuration, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
                ?? throw new JsonException("it is no object");
            image["created"] = time;
            if (changes.Author is not null)
            {
                image["author"] = changes.Author;
            }

            Apply(Member(image, "config"), changes);
            JsonArray diffIds = Array(Member(image, "rootfs"), "diff_ids");
            JsonArray history = Array(image, "history");
            Complete(history, diffIds.Count);
            diffIds.Add((JsonNode)diffId);
            var entry = new JsonObject { ["created"] = time, ["created_by"] = createdBy };
            if (changes.Author is not null)
            {
                entry["author"] = changes.Author;
            }

            if (changes.Comment is not null)
            {
                entry["comment"] = changes.Comment;
            }

            history.Add((JsonNode)entry);
            var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer, Plain))
            {
                image.WriteTo(writer);
            }

            return buffer.ToArray();
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            string digest = Digest.Of(configuration);
            throw new EngineException(EngineErrorReason.Storage, digest, $"The configuration of the image {digest} is damaged, so that no image can be made of it. Remove the image and get it again.", failure);
        }
    }

    private static void Apply(JsonObject config, ImageChanges changes)
    {
        SetList(config, "Entrypoint", changes.Entrypoint);

        // Arguments of another entry point mean nothing to this one.
        SetList(config, "Cmd", changes.Cmd ?? (changes.Entrypoint is null ? null : []));
        SetText(config, "User", changes.User);
        SetText(config, "WorkingDir", changes.WorkingDir);
        SetText(config, "StopSignal", changes.StopSignal);
        if (changes.Env.Count > 0)
        {
            SetVariables(Array(config, "Env"), changes.Env);
        }

        foreach ((string key, string value) in changes.Labels.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Member(config, "Labels")[key] = value;
        }

        foreach (string port in changes.ExposedPorts)
        {
            Member(config, "ExposedPorts")[ImageChangesCheck.NormalizePort(port)] = new JsonObject();
        }

        foreach (string folder in changes.Volumes)
        {
            Member(config, "Volumes")[folder] = new JsonObject();
        }
    }

    // A variable keeps its place, so that programs that print them print them in the same order.
    private static void SetVariables(JsonArray variables, IReadOnlyDictionary<string, string> changes)
    {
        var left = changes.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        for (int i = 0; i < variables.Count; i++)
        {
            string key = (variables[i]?.GetValue<string>() ?? string.Empty).Split('=')[0];
            if (changes.TryGetValue(key, out string? value))
            {
                variables[i] = $"{key}={value}";
                left.Remove(key);
            }
        }

        foreach ((string key, string value) in left.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            variables.Add((JsonNode)$"{key}={value}");
        }
    }

    // Where a history was not kept, the entries of later layers would be taken for those of earlier ones.
    private static void Complete(JsonArray history, int layers)
    {
        int known = history.Count(entry => entry is not JsonObject step || step["empty_layer"]?.GetValue<bool>() != true);
        for (; known < layers; known++)
        {
            history.Add((JsonNode)new JsonObject { ["comment"] = "not known" });
        }
    }

    private static void SetText(JsonObject config, string key, string? text)
    {
        if (text is { Length: > 0 })
        {
            config[key] = text;
        }
        else if (text is not null)
        {
            config.Remove(key);
        }
    }

    private static void SetList(JsonObject config, string key, IReadOnlyList<string>? list)
    {
        if (list is { Count: > 0 })
        {
            config[key] = new JsonArray([.. list.Select(word => (JsonNode)word)]);
        }
        else if (list is not null)
        {
            config.Remove(key);
        }
    }

    private static JsonObject Member(JsonObject parent, string key)
    {
        if (parent[key] is null)
        {
            parent[key] = new JsonObject();
        }

        return parent[key]!.AsObject();
    }

    private static JsonArray Array(JsonObject parent, string key)
    {
        if (parent[key] is null)
        {
            parent[key] = new JsonArray();
        }

        return parent[key]!.AsArray();
    }
}
