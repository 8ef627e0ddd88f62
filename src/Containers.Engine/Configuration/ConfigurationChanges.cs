using System.Text.Json.Nodes;

namespace Containers.Engine.Configuration;

/// <summary>Changes of a configuration file, which <see cref="ConfigurationFile.Change"/> makes together. Keys are as messages name them: <c>log.maxSize</c>.</summary>
public sealed class ConfigurationChanges
{
    private readonly List<(string[] Path, JsonNode? Value)> changes = [];

    /// <summary>How many there are.</summary>
    public int Count => changes.Count;

    /// <summary>Sets a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value; null for the default.</param>
    public void Set(string key, string? value) => Add(key, value is null ? null : JsonValue.Create(value));

    /// <summary>Sets a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value; null for the default.</param>
    public void Set(string key, long? value) => Add(key, value is { } number ? JsonValue.Create(number) : null);

    /// <summary>Sets a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value; null for the default.</param>
    public void Set(string key, decimal? value) => Add(key, value is { } number ? JsonValue.Create(number) : null);

    /// <summary>Sets a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    public void Set(string key, bool value) => Add(key, JsonValue.Create(value));

    /// <summary>Takes a key out, so that it has its default.</summary>
    /// <param name="key">The key.</param>
    public void Reset(string key) => Add(key, null);

    /// <summary>Sets a registry's entry, in place of the one that is there.</summary>
    /// <param name="host">HOST[:PORT].</param>
    /// <param name="registry">The entry; null to take it out.</param>
    public void SetRegistry(string host, RegistryConfiguration? registry)
    {
        JsonObject? entry = null;
        if (registry is not null)
        {
            entry = [];
            if (registry.Mirrors.Count > 0)
            {
                entry["mirrors"] = new JsonArray([.. registry.Mirrors.Select(mirror => JsonValue.Create(mirror))]);
            }

            if (registry.Insecure)
            {
                entry["insecure"] = JsonValue.Create(true);
            }

            if (registry.CertificateAuthority is { } file)
            {
                entry["certificateAuthority"] = JsonValue.Create(file);
            }
        }

        changes.Add(([ConfigurationKeys.Registries, host], entry));
    }

    /// <summary>Makes the changes.</summary>
    /// <param name="root">The file's object.</param>
    internal void Apply(JsonObject root)
    {
        foreach ((string[] path, JsonNode? value) in changes)
        {
            Apply(root, path, value?.DeepClone());
        }
    }

    private static void Apply(JsonObject section, ReadOnlySpan<string> path, JsonNode? value)
    {
        string name = path[0];
        if (path.Length == 1)
        {
            if (value is null)
            {
                section.Remove(name);
            }
            else
            {
                section[name] = value;
            }

            return;
        }

        if (section[name] is not JsonObject inner)
        {
            if (value is null)
            {
                return;
            }

            section[name] = inner = [];
        }

        Apply(inner, path[1..], value);
        if (inner.Count == 0)
        {
            section.Remove(name);
        }
    }

    private void Add(string key, JsonNode? value) => changes.Add((key.Split('.'), value));
}
