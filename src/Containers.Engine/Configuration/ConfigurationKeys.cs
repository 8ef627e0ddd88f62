using System.Text.Json;

namespace Containers.Engine.Configuration;

/// <summary>
/// Which keys a configuration's text sets, and on which lines: <c>log.maxSize</c>; names of the user's own in brackets,
/// <c>registries['registry.example.org'].insecure</c>.
/// </summary>
internal sealed class ConfigurationKeys
{
    /// <summary>The key whose members are named by the user.</summary>
    public const string Registries = "registries";

    private readonly Dictionary<string, int> lines = new(StringComparer.Ordinal);

    private ConfigurationKeys()
    {
    }

    /// <summary>The keys of a configuration without a file.</summary>
    public static ConfigurationKeys None { get; } = new();

    /// <summary>Whether the text has comments.</summary>
    public bool HasComments { get; private set; }

    /// <summary>Reads a text.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="file">The file it is of, for the error.</param>
    /// <returns>Its keys.</returns>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="EngineException">InvalidConfiguration where a key is there twice.</exception>
    public static ConfigurationKeys Read(ReadOnlySpan<byte> text, string file)
    {
        var keys = new ConfigurationKeys();
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Allow });
        var path = new Stack<string>();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        string? name = null;
        int line = 1, counted = 0;
        while (reader.Read())
        {
            int start = (int)reader.TokenStartIndex;
            line += text[counted..start].Count((byte)'\n');
            counted = start;
            switch (reader.TokenType)
            {
                case JsonTokenType.Comment:
                    keys.HasComments = true;
                    break;
                case JsonTokenType.PropertyName:
                    name = Join(path.TryPeek(out string? above) ? above : string.Empty, reader.GetString()!);
                    if (!seen.TryAdd(name, line))
                    {
                        throw new EngineException(
                            EngineErrorReason.InvalidConfiguration, file, $"{file}, line {line}, key '{name}': it is there twice, first on line {seen[name]}. Remove one.");
                    }

                    break;
                case JsonTokenType.Null:
                    // Leaves the default, as if the key were not there.
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    keys.lines.TryAdd(name ?? string.Empty, line);
                    path.Push(name ?? string.Empty);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    path.Pop();
                    break;
                default:
                    keys.lines.TryAdd(name ?? string.Empty, line);
                    break;
            }
        }

        return keys;
    }

    /// <summary>The name of a registry's entry or of a member of it.</summary>
    /// <param name="host">The registry.</param>
    /// <param name="member">The member; null for the entry.</param>
    /// <returns>The key.</returns>
    public static string OfRegistry(string host, string? member = null)
    {
        string entry = Join(Registries, host);
        return member is null ? entry : Join(entry, member);
    }

    /// <summary>Whether the text sets a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it is there, and not null.</returns>
    public bool Contains(string key) => lines.ContainsKey(key);

    /// <summary>The line a key stands on.</summary>
    /// <param name="key">The key.</param>
    /// <returns>From 1; 1 where it is not there.</returns>
    public int LineOf(string key) => lines.GetValueOrDefault(key, 1);

    private static string Join(string above, string name) => above switch
    {
        "" => name,
        Registries => $"{above}['{name}']",
        _ => $"{above}.{name}",
    };
}
