using Containers.Engine.Runtime;

namespace Containers.Engine.Configuration;

/// <summary>
/// The configuration file, <c>/etc/pscontainers/config.json</c> or where <c>CONTAINERS_CONFIG</c> points: one JSON object, comments and
/// trailing commas allowed, unknown keys and keys that are there twice refused. Every key may be missing.
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

    /// <summary>How images are fetched.</summary>
    public ImagesConfiguration Images { get; init; } = new();

    /// <summary>How registries are reached that need more than their name, by HOST[:PORT] in lower case.</summary>
    public IReadOnlyDictionary<string, RegistryConfiguration> Registries { get; init; } = new Dictionary<string, RegistryConfiguration>();

    /// <summary>The file it was read from; null where there is none.</summary>
    public string? File { get; init; }

    /// <summary>What the file sets, and where.</summary>
    internal ConfigurationKeys Keys { get; init; } = ConfigurationKeys.None;

    /// <summary>Whether <c>CONTAINERS_ROOT</c> says where the roots are.</summary>
    internal bool HasRootsOfEnvironment { get; init; }

    /// <summary>Reads the configuration in force.</summary>
    /// <param name="path">The file; null for <c>CONTAINERS_CONFIG</c>, else <see cref="DefaultPath"/> if it is there.</param>
    /// <returns>The configuration, checked.</returns>
    /// <exception cref="EngineException">InvalidConfiguration, naming file, line and key.</exception>
    public static EngineConfiguration Load(string? path = null)
    {
        string file = ConfigurationFile.PathInForce(path);
        bool isNamed = path is not null || file != DefaultPath || Environment.GetEnvironmentVariable("CONTAINERS_CONFIG") is { Length: > 0 };
        return isNamed || System.IO.File.Exists(file)
            ? Parse(ConfigurationReader.ReadText(file), file)
            : new EngineConfiguration().InThisEnvironment();
    }

    /// <summary>Reads a text as the file's.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">The file, for errors.</param>
    /// <returns>The configuration, checked.</returns>
    internal static EngineConfiguration Parse(string text, string file) => ConfigurationReader.Read(text, file).InThisEnvironment();

    /// <summary>Where the value of a key comes from.</summary>
    /// <param name="key">The key as messages name it: <c>log.maxSize</c>, <c>registries['registry.example.org']</c>.</param>
    /// <returns>The source.</returns>
    public ConfigurationSource SourceOf(string key) =>
        HasRootsOfEnvironment && key is "stateRoot" or "runtimeRoot" ? ConfigurationSource.Environment
        : Keys.Contains(key) ? ConfigurationSource.File
        : ConfigurationSource.Default;

    private EngineConfiguration InThisEnvironment()
    {
        EngineConfiguration result = this;
        if (Environment.GetEnvironmentVariable("CONTAINERS_ROOT") is { Length: > 0 } root)
        {
            result = this with { StateRoot = Path.Combine(root, "state"), RuntimeRoot = Path.Combine(root, "run"), HasRootsOfEnvironment = true };
        }

        new ConfigurationCheck(result).Run();
        return result;
    }
}
