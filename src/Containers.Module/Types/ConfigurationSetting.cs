using System.Globalization;
using Containers.Engine.Configuration;

namespace Containers;

/// <summary>One key of the configuration file as the module has it.</summary>
/// <param name="Name">The property's and the parameter's name.</param>
/// <param name="Key">The key in the file.</param>
/// <param name="Read">Reads its value of the module's object.</param>
/// <param name="Write">Adds its change; null stands for the default.</param>
internal sealed record ConfigurationSetting(
    string Name, string Key, Func<ContainerConfiguration, object?> Read, Action<ConfigurationChanges, string, object?> Write)
{
    /// <summary>All but the registries.</summary>
    public static IReadOnlyList<ConfigurationSetting> All { get; } =
    [
        Text("StateRoot", "stateRoot", static c => c.StateRoot),
        Text("RuntimeRoot", "runtimeRoot", static c => c.RuntimeRoot),
        Text("CgroupParent", "cgroupParent", static c => c.CgroupParent),
        Whole("LogMaxSize", "log.maxSize", static c => c.LogMaxSize),
        Whole("LogMaxFiles", "log.maxFiles", static c => c.LogMaxFiles),
        Whole("Memory", "limits.memory", static c => c.Memory),
        new("Cpus", "limits.cpus", static c => c.Cpus, static (changes, key, value) => changes.Set(key, (decimal?)value)),
        Whole("PidsLimit", "limits.pidsLimit", static c => c.PidsLimit),
        new("StopTimeout", "runtime.stopTimeout", static c => c.StopTimeout, static (changes, key, value) => changes.Set(key, value is TimeSpan time ? (long)time.TotalSeconds : null)),
        new("NoNewPrivileges", "runtime.noNewPrivileges", static c => c.NoNewPrivileges, static (changes, key, value) => Switch(changes, key, value)),
        Text("SeccompProfile", "runtime.seccompProfile", static c => c.SeccompProfile),
        Text("ImagePull", "images.pull", static c => c.ImagePull),
        Whole("ImageParallel", "images.parallel", static c => c.ImageParallel),
    ];

    /// <summary>Makes the module's object of a configuration.</summary>
    /// <param name="configuration">The engine's.</param>
    /// <returns>The module's.</returns>
    public static ContainerConfiguration ToContainerConfiguration(EngineConfiguration configuration) => new()
    {
        File = configuration.File ?? ConfigurationFile.PathInForce(),
        StateRoot = configuration.StateRoot,
        RuntimeRoot = configuration.RuntimeRoot,
        CgroupParent = configuration.CgroupParent,
        LogMaxSize = configuration.Log.MaxSize,
        LogMaxFiles = configuration.Log.MaxFiles,
        Memory = configuration.Limits.Memory,
        Cpus = configuration.Limits.Cpus,
        PidsLimit = configuration.Limits.PidsLimit,
        StopTimeout = TimeSpan.FromSeconds(configuration.Runtime.StopTimeout),
        NoNewPrivileges = configuration.Runtime.NoNewPrivileges,
        SeccompProfile = configuration.Runtime.SeccompProfile,
        ImagePull = (ContainerPullPolicy)configuration.Images.Pull,
        ImageParallel = configuration.Images.Parallel,
        Registry = [.. configuration.Registries.Select(static entry => new ContainerRegistryConfiguration
        {
            Registry = entry.Key, Mirror = [.. entry.Value.Mirrors], Insecure = entry.Value.Insecure, CertificateAuthority = entry.Value.CertificateAuthority,
        })],
        Source = All.Select(static setting => (setting.Name, setting.Key)).Append(("Registry", "registries"))
            .ToDictionary(static pair => pair.Item1, pair => (ContainerConfigurationSource)configuration.SourceOf(pair.Item2), StringComparer.OrdinalIgnoreCase),
    };

    /// <summary>A value for people.</summary>
    /// <param name="value">The value; null for none.</param>
    /// <returns>The text.</returns>
    public static string Show(object? value) => value switch
    {
        null => "none",
        TimeSpan time => time.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        bool yes => yes ? "true" : "false",
        _ => Formatting.Line(Convert.ToString(value, CultureInfo.InvariantCulture)),
    };

    private static ConfigurationSetting Text(string name, string key, Func<ContainerConfiguration, object?> read) =>
        new(name, key, read, static (changes, key, value) => changes.Set(key, value?.ToString()));

    private static ConfigurationSetting Whole(string name, string key, Func<ContainerConfiguration, object?> read) =>
        new(name, key, read, static (changes, key, value) => changes.Set(key, value is null ? null : Convert.ToInt64(value, CultureInfo.InvariantCulture)));

    private static void Switch(ConfigurationChanges changes, string key, object? value)
    {
        if (value is bool yes)
        {
            changes.Set(key, yes);
        }
        else
        {
            changes.Reset(key);
        }
    }
}
