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

    /// <summary>The configuration; what is missing or null has its default.</summary>
    public EngineConfiguration ToConfiguration(string file)
    {
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
            File = file,
        };
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
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ConfigurationDocument))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
