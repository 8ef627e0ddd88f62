using System.Text.Json;
using System.Text.Json.Serialization;
using Containers.Engine.Runtime;

namespace Containers.Engine.Configuration;

/// <summary>
/// The configuration file's JSON. Its properties can be set, since the generated reader gives a property that can only be initialised
/// the default of its type where the file does not name it, instead of what stands after it.
/// </summary>
internal sealed class ConfigurationDocument
{
    private static readonly EngineConfiguration Default = new();

    public string? StateRoot { get; set; }

    public string? RuntimeRoot { get; set; }

    public string? CgroupParent { get; set; }

    public LogSection? Log { get; set; }

    public LimitsSection? Limits { get; set; }

    public RuntimeSection? Runtime { get; set; }

    public ImagesSection? Images { get; set; }

    public Dictionary<string, RegistrySection?>? Registries { get; set; }

    /// <summary>The configuration; what is missing or null has its default.</summary>
    public EngineConfiguration ToConfiguration(string file, ConfigurationKeys keys)
    {
        ImagesSection images = Images ?? new();
        LogSection log = Log ?? new();
        RuntimeSection runtime = Runtime ?? new();
        return new EngineConfiguration
        {
            StateRoot = StateRoot ?? Default.StateRoot,
            RuntimeRoot = RuntimeRoot ?? Default.RuntimeRoot,
            CgroupParent = CgroupParent ?? Default.CgroupParent,
            Log = new LogOptions { MaxSize = log.MaxSize, MaxFiles = log.MaxFiles },
            Limits = new ResourceLimits { Memory = Limits?.Memory, Cpus = Limits?.Cpus, PidsLimit = Limits?.PidsLimit },
            Runtime = new RuntimeConfiguration
            {
                StopTimeout = runtime.StopTimeout, NoNewPrivileges = runtime.NoNewPrivileges, SeccompProfile = runtime.SeccompProfile,
            },
            Images = new ImagesConfiguration { Pull = Policy(images.Pull, file, keys), Parallel = images.Parallel },
            Registries = (Registries ?? []).ToDictionary(entry => entry.Key, entry => (entry.Value ?? new()).ToConfiguration(), StringComparer.Ordinal),
            File = file,
            Keys = keys,
        };
    }

    private static ImagePullPolicy Policy(string? text, string file, ConfigurationKeys keys)
    {
        ImagePullPolicy[] all = Enum.GetValues<ImagePullPolicy>();
        int index = text is null ? (int)Default.Images.Pull : Array.FindIndex(all, policy => policy.ToString().Equals(text, StringComparison.OrdinalIgnoreCase));
        new ConfigurationCheck(new EngineConfiguration { File = file, Keys = keys }).Require(index >= 0, "images.pull", $"it must be one of {string.Join(", ", all)}");
        return all[index];
    }

    internal sealed class LogSection
    {
        public long MaxSize { get; set; } = Default.Log.MaxSize;

        public int MaxFiles { get; set; } = Default.Log.MaxFiles;
    }

    internal sealed class LimitsSection
    {
        public long? Memory { get; set; }

        public decimal? Cpus { get; set; }

        public long? PidsLimit { get; set; }
    }

    internal sealed class RuntimeSection
    {
        public int StopTimeout { get; set; } = Default.Runtime.StopTimeout;

        public bool NoNewPrivileges { get; set; } = Default.Runtime.NoNewPrivileges;

        public string? SeccompProfile { get; set; }
    }

    internal sealed class ImagesSection
    {
        public string? Pull { get; set; }

        public int Parallel { get; set; } = Default.Images.Parallel;
    }

    internal sealed class RegistrySection
    {
        public List<string?>? Mirrors { get; set; }

        public bool Insecure { get; set; }

        public string? CertificateAuthority { get; set; }

        public RegistryConfiguration ToConfiguration() => new()
        {
            Mirrors = [.. (Mirrors ?? []).Select(mirror => mirror ?? string.Empty)], Insecure = Insecure, CertificateAuthority = CertificateAuthority,
        };
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ConfigurationDocument))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
