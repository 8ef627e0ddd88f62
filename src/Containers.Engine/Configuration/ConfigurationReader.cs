using System.Text;
using System.Text.Json;

namespace Containers.Engine.Configuration;

/// <summary>Reads a configuration's text, with errors that name file, line and key.</summary>
internal static class ConfigurationReader
{
    private const string KnownKeys =
        "stateRoot, runtimeRoot, cgroupParent, log (maxSize, maxFiles), limits (memory, cpus, pidsLimit), runtime (stopTimeout, noNewPrivileges, seccompProfile), "
        + "images (pull, parallel) and registries (for each host mirrors, insecure, certificateAuthority)";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Its text.</returns>
    /// <exception cref="EngineException">InvalidConfiguration where it cannot be read.</exception>
    public static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(EngineErrorReason.InvalidConfiguration, path, $"The configuration file '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a text; its values are not checked yet.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">The file it is of.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="EngineException">InvalidConfiguration.</exception>
    public static EngineConfiguration Read(string text, string path)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        try
        {
            ConfigurationKeys keys = ConfigurationKeys.Read(bytes, path);
            ConfigurationDocument document = JsonSerializer.Deserialize(bytes, ConfigurationJson.Default.ConfigurationDocument)
                ?? throw new EngineException(EngineErrorReason.InvalidConfiguration, path, $"{path}, line 1: the file holds null; it must hold an object, at least {{}}.");
            return document.ToConfiguration(path, keys);
        }
        catch (JsonException e)
        {
            string key = e.Path is { Length: > 2 } at ? $", key '{at.TrimStart('$').TrimStart('.')}'" : string.Empty;
            throw new EngineException(
                EngineErrorReason.InvalidConfiguration, path, $"{path}, line {(e.LineNumber ?? 0) + 1}{key}: {Explain(e)}", e);
        }
    }

    private static string Explain(JsonException e)
    {
        const string wrongType = "The JSON value could not be converted to ";
        string message = e.Message;
        int details = message.IndexOf(" Path: ", StringComparison.Ordinal);
        message = details > 0 ? message[..details] : message;
        return message.Contains("could not be mapped to any .NET member", StringComparison.Ordinal)
            ? $"there is no such key. Known ones are {KnownKeys}."
            : message.StartsWith(wrongType, StringComparison.Ordinal)
            ? $"the value must be {InWords(message[wrongType.Length..].TrimEnd('.'))}."
            : $"this is no JSON: {message}";
    }

    private static string InWords(string type)
    {
        const string nullable = "System.Nullable`1[";
        type = type.StartsWith(nullable, StringComparison.Ordinal) ? type[nullable.Length..].TrimEnd(']') : type;
        return type switch
        {
            "System.String" => "a text in quotes",
            "System.Int32" or "System.Int64" => "a whole number without quotes",
            "System.Decimal" => "a number without quotes",
            "System.Boolean" => "true or false, without quotes",
            _ when type.StartsWith("System.Collections.Generic.List", StringComparison.Ordinal) => "a list of texts: [ \"...\" ]",
            _ => "an object: { ... }",
        };
    }
}
