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

    public string StateRoot { get; set; } = Default.StateRoot;

    public string RuntimeRoot { get; set; } = Default.RuntimeRoot;

    public string CgroupParent { get; set; } = Default.CgroupParent;

    public LogSection Log { get; set; } = new();

    public LimitsSection Limits { get; set; } = new();

    public RuntimeSection Runtime { get; set; } = new();

    public EngineConfiguration ToConfiguration(string file) => new()
    {
        StateRoot = StateRoot,
        RuntimeRoot = RuntimeRoot,
        CgroupParent = CgroupParent,
        Log = new LogOptions { MaxSize = Log.MaxSize, MaxFiles = Log.MaxFiles },
        Limits = new ResourceLimits { Memory = Limits.Memory, Cpus = Limits.Cpus, PidsLimit = Limits.PidsLimit },
        Runtime = new RuntimeConfiguration
        {
            StopTimeout = Runtime.StopTimeout, NoNewPrivileges = Runtime.NoNewPrivileges, SeccompProfile = Runtime.SeccompProfile,
        },
        File = file,
    };

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
    RespectNullableAnnotations = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ConfigurationDocument))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
