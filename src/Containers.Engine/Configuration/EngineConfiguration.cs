using System.Text.Json;
using Containers.Engine.Runtime;

namespace Containers.Engine.Configuration;

/// <summary>
/// The configuration file, <c>/etc/pscontainers/config.json</c> or where <c>CONTAINERS_CONFIG</c> points: one JSON object, comments and
/// trailing commas allowed, unknown keys refused. Every key may be missing.
/// </summary>
public sealed record EngineConfiguration
{
    /// <summary>The file that is read where nothing else is said.</summary>
    public const string DefaultPath = "/etc/pscontainers/config.json";

    private const string DefaultStateRoot = "/var/lib/pscontainers", DefaultRuntimeRoot = "/run/pscontainers";

    /// <summary>The folder of what outlives a reboot; absolute. <c>CONTAINERS_ROOT</c> overrides it with its subfolder <c>state</c>.</summary>
    public string StateRoot { get; init; } = DefaultStateRoot;

    /// <summary>The folder of what does not; absolute. <c>CONTAINERS_ROOT</c> overrides it with its subfolder <c>run</c>.</summary>
    public string RuntimeRoot { get; init; } = DefaultRuntimeRoot;

    /// <summary>The cgroup above all containers, relative to each hierarchy's root.</summary>
    public string CgroupParent { get; init; } = "pscontainers";

    /// <summary>How output is kept where a container does not say.</summary>
    public LogOptions Log { get; init; } = new();

    /// <summary>Limits of containers that do not set their own.</summary>
    public ResourceLimits Limits { get; init; } = new();

    /// <summary>Options of every container's start and end.</summary>
    public RuntimeConfiguration Runtime { get; init; } = new();

    /// <summary>The file it was read from; null where there is none.</summary>
    public string? File { get; init; }

    /// <summary>Reads the configuration in force.</summary>
    /// <param name="path">The file; null for <c>CONTAINERS_CONFIG</c>, else <see cref="DefaultPath"/> if it is there.</param>
    /// <returns>The configuration, checked.</returns>
    /// <exception cref="EngineException">InvalidConfiguration, naming file, line and key.</exception>
    public static EngineConfiguration Load(string? path = null)
    {
        path ??= Environment.GetEnvironmentVariable("CONTAINERS_CONFIG") is { Length: > 0 } named ? named : null;
        EngineConfiguration configuration = path is not null ? Read(path)
            : System.IO.File.Exists(DefaultPath) ? Read(DefaultPath)
            : new EngineConfiguration();
        if (Environment.GetEnvironmentVariable("CONTAINERS_ROOT") is { Length: > 0 } root)
        {
            configuration = configuration with { StateRoot = Path.Combine(root, "state"), RuntimeRoot = Path.Combine(root, "run") };
        }

        configuration.Check();
        return configuration;
    }

    private static EngineConfiguration Read(string path)
    {
        string text;
        try
        {
            text = System.IO.File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(EngineErrorReason.InvalidConfiguration, path, $"The configuration file '{path}' cannot be read: {e.Message}", e);
        }

        try
        {
            ConfigurationDocument? read = JsonSerializer.Deserialize(text, ConfigurationJson.Default.ConfigurationDocument);
            return read is null
                ? throw new EngineException(EngineErrorReason.InvalidConfiguration, path, $"{path}, line 1: the file holds null; it must hold an object, at least {{}}.")
                : read.ToConfiguration(path);
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
            ? "there is no such key. Known ones are stateRoot, runtimeRoot, cgroupParent, log (maxSize, maxFiles), limits (memory, cpus, pidsLimit) and runtime (stopTimeout, noNewPrivileges, seccompProfile)."
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
            _ => "an object: { ... }",
        };
    }

    private void Check()
    {
        Require(Path.IsPathFullyQualified(StateRoot) && StateRoot != "/", "stateRoot", "it must be an absolute path other than /");
        Require(Path.IsPathFullyQualified(RuntimeRoot) && RuntimeRoot != "/", "runtimeRoot", "it must be an absolute path other than /");
        Require(StateRoot != RuntimeRoot, "runtimeRoot", "it must not be the folder of stateRoot");
        Require(
            CgroupParent.Split('/').All(part => part is not ("" or "." or "..") && !part.Any(char.IsControl)), "cgroupParent", "it must be a relative path such as pscontainers, without . and ..");
        Require(Log.MaxSize >= 4096, "log.maxSize", "it must be at least 4096 (bytes)");
        Require(Log.MaxFiles is >= 1 and <= 1000, "log.maxFiles", "it must be 1 to 1000");
        Require(Limits.Memory is null or >= 6 * 1024 * 1024, "limits.memory", "it must be at least 6291456 (bytes, 6 MiB)");
        Require(Limits.Cpus is null or > 0, "limits.cpus", "it must be above 0");
        Require(Limits.PidsLimit is null or >= 1, "limits.pidsLimit", "it must be at least 1");
        Require(Runtime.SeccompProfile is null || Path.IsPathFullyQualified(Runtime.SeccompProfile), "runtime.seccompProfile", "it must be an absolute path of a profile's file");
        Require(Runtime.StopTimeout is >= 0 and <= 86400, "runtime.stopTimeout", "it must be 0 to 86400 (seconds)");
    }

    private void Require(bool holds, string key, string rule)
    {
        if (!holds)
        {
            string where = File is null ? "The configuration" : $"{File}, line {LineOf(key)}";
            throw new EngineException(EngineErrorReason.InvalidConfiguration, File ?? "configuration", $"{where}, key '{key}': {rule}.");
        }
    }

    /// <summary>The line a key's last part stands on; the file was read and parsed a moment ago.</summary>
    private int LineOf(string key)
    {
        string quoted = $"\"{key[(key.LastIndexOf('.') + 1)..]}\"";
        string[] lines = System.IO.File.ReadAllLines(File!);
        return Math.Max(0, Array.FindIndex(lines, line => line.Contains(quoted, StringComparison.Ordinal))) + 1;
    }
}

/// <summary>Options of every container's start and end.</summary>
public sealed record RuntimeConfiguration
{
    /// <summary>Seconds between the stop signal and SIGKILL where nothing else is said, 0 to 86400.</summary>
    public int StopTimeout { get; init; } = 10;

    /// <summary>Whether containers run with no_new_privs where they do not say.</summary>
    public bool NoNewPrivileges { get; init; } = true;

    /// <summary>The absolute path of a seccomp profile's file used instead of the built-in default; null for that one. Not for privileged containers.</summary>
    public string? SeccompProfile { get; init; }
}
