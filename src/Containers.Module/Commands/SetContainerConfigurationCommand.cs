using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine.Configuration;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Changes the configuration file.</summary>
/// <remarks>
/// The whole is checked first; then the file is replaced at once, so that a reader sees the old or the new one, and who changes it at the same time waits.
/// It is written anew: keys keep their order, but layout and comments are lost. A file with comments is therefore changed only with -Force. What the
/// environment says (CONTAINERS_ROOT) holds whatever is in the file.
/// </remarks>
[Cmdlet(VerbsCommon.Set, "ContainerConfiguration", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = ValueSet)]
[OutputType(typeof(ContainerConfiguration))]
public sealed class SetContainerConfigurationCommand : ContainerCommand
{
    private const string ValueSet = "Value";
    private const string ObjectSet = "Object";

    private readonly ConfigurationChanges _changes = new();
    private readonly List<string> _descriptions = [];

    /// <summary>A configuration of Get-ContainerConfiguration with changed properties: what differs from the one in force is written.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ObjectSet)]
    [ValidateNotNull]
    public ContainerConfiguration? InputObject { get; set; }

    /// <summary>The folder of what outlives a reboot; absolute, on a file system that can hold an overlay's upper layer.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    [ValidateNotNullOrEmpty]
    public string? StateRoot { get; set; }

    /// <summary>The folder of what does not outlive a reboot; absolute.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    [ValidateNotNullOrEmpty]
    public string? RuntimeRoot { get; set; }

    /// <summary>The cgroup above all containers, relative to each hierarchy's root.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    [ValidateNotNullOrEmpty]
    public string? CgroupParent { get; set; }

    /// <summary>The size after which a log file is rotated, at least 4096 bytes: 10MB or '10m'.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    [ByteSizeArgument]
    public ByteSize? LogMaxSize { get; set; }

    /// <summary>The number of log files kept, the current one included, 1 to 1000.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    public int? LogMaxFiles { get; set; }

    /// <summary>The memory of containers that do not say, at least 6 MiB: 512MB or '512m'.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    [ByteSizeArgument]
    public ByteSize? Memory { get; set; }

    /// <summary>The processors of containers that do not say: 1.5.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    [CpusArgument]
    public decimal? Cpus { get; set; }

    /// <summary>The processes and threads of containers that do not say, at least 1.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    public long? PidsLimit { get; set; }

    /// <summary>The time between the stop signal and SIGKILL, in whole seconds, at most a day: 30 or '30s'.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    [DurationArgument]
    public TimeSpan? StopTimeout { get; set; }

    /// <summary>Whether containers run with no_new_privs where they do not say.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    public bool? NoNewPrivileges { get; set; }

    /// <summary>The file of a seccomp profile in Docker's format, used instead of the built-in one.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    [ValidateNotNullOrEmpty]
    public string? SeccompProfile { get; set; }

    /// <summary>When a container's image is received where the container does not say: Missing, Always or Never.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    public ContainerPullPolicy? ImagePull { get; set; }

    /// <summary>The number of layers that are received or sent at the same time, 1 to 16.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    public int? ImageParallel { get; set; }

    /// <summary>
    /// Registries' entries, each in place of the one that is there for its host: @{ Registry = 'HOST[:PORT]'; Mirror = 'https://HOST'; Insecure = $true;
    /// CertificateAuthority = '/path' }. Insecure accepts plain HTTP and certificates that nobody vouches for.
    /// </summary>
    [Parameter(ParameterSetName = ValueSet)]
    [RegistryArgument]
    public ContainerRegistryConfiguration[] Registry { get; set; } = [];

    /// <summary>Registries whose entries are taken out.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    [ArgumentCompleter(typeof(RegistryCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] RemoveRegistry { get; set; } = [];

    /// <summary>Values that are taken out of the file, by the names of their parameters, so that they have their defaults.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    [ArgumentCompleter(typeof(ConfigurationNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Reset { get; set; } = [];

    /// <summary>Changes a file with comments, which are lost.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the new configuration to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var file = ConfigurationFile.PathInForce();
        Attempt(EngineErrors.Configuration, file, () =>
        {
            // A named file that is not there yet is made.
            var now = ConfigurationSetting.ToContainerConfiguration(ConfigurationFile.Preview(new ConfigurationChanges(), file));
            if (ParameterSetName == ObjectSet)
            {
                Compare(now, InputObject!);
            }
            else
            {
                Collect(now);
            }

            _ = ConfigurationFile.Preview(_changes, file);
            if (_changes.Count > 0 && ShouldProcess(file, string.Join("; ", _descriptions)))
            {
                now = ConfigurationSetting.ToContainerConfiguration(ConfigurationFile.Change(_changes, file, Force, StopToken));
            }

            if (PassThru)
            {
                WriteObject(now);
            }
        });
    }

    private void Collect(ContainerConfiguration now)
    {
        foreach (var setting in ConfigurationSetting.All)
        {
            if (MyInvocation.BoundParameters.TryGetValue(setting.Name, out var value))
            {
                Change(setting, setting.Read(now), Plain(setting.Name, value));
            }
        }

        foreach (var name in Reset)
        {
            var setting = ConfigurationSetting.All.FirstOrDefault(setting => setting.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (setting is null)
            {
                Refuse("NoSuchConfigurationValue", $"The configuration has no '{name}'. It has {string.Join(", ", ConfigurationSetting.All.Select(static known => known.Name))}; -RemoveRegistry takes a registry out.", name);
            }

            _changes.Reset(setting.Key);
            _descriptions.Add($"reset {setting.Key} (was {ConfigurationSetting.Show(setting.Read(now))})");
        }

        foreach (var entry in Registry)
        {
            Change(entry, Array.Find(now.Registry, old => old.Registry == entry.Registry));
        }

        foreach (var host in RemoveRegistry)
        {
            if (!Array.Exists(now.Registry, old => old.Registry == host))
            {
                Refuse("NoSuchRegistry", $"The configuration has no entry for the registry '{host}'. It has {Formatting.Join(now.Registry.Select(static old => old.Registry))}.", host);
            }

            Remove(host);
        }
    }

    private void Compare(ContainerConfiguration now, ContainerConfiguration wanted)
    {
        foreach (var setting in ConfigurationSetting.All.Where(setting => !Equals(setting.Read(now), setting.Read(wanted))))
        {
            Change(setting, setting.Read(now), setting.Read(wanted));
        }

        foreach (var entry in wanted.Registry ?? [])
        {
            var old = Array.Find(now.Registry, old => old.Registry == entry.Registry);
            if (old?.ToString() != entry.ToString())
            {
                Change(entry, old);
            }
        }

        foreach (var gone in now.Registry.Where(old => !Array.Exists(wanted.Registry ?? [], entry => entry.Registry == old.Registry)))
        {
            Remove(gone.Registry);
        }
    }

    private void Change(ConfigurationSetting setting, object? old, object? value)
    {
        if (value is TimeSpan time && time.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            Refuse("ConfigurationValueInvalid", $"-{setting.Name} is kept in whole seconds; '{time}' is none.", time);
        }

        setting.Write(_changes, setting.Key, value);
        _descriptions.Add($"set {setting.Key} to {ConfigurationSetting.Show(value)} (was {ConfigurationSetting.Show(old)})");
    }

    private void Change(ContainerRegistryConfiguration entry, ContainerRegistryConfiguration? old)
    {
        _changes.SetRegistry(
            entry.Registry, new RegistryConfiguration { Mirrors = entry.Mirror, Insecure = entry.Insecure, CertificateAuthority = entry.CertificateAuthority });
        _descriptions.Add($"set the registry {Formatting.Line(entry.ToString())}{(old is null ? "" : $" (was {Formatting.Line(old.ToString())})")}");
    }

    private void Remove(string host)
    {
        _changes.SetRegistry(host, registry: null);
        _descriptions.Add($"remove the registry {Formatting.Line(host)}");
    }

    // Paths are the session's; sizes are numbers.
    private object? Plain(string name, object? value) => value switch
    {
        ByteSize size => size.Bytes,
        string path when name is nameof(StateRoot) or nameof(RuntimeRoot) or nameof(SeccompProfile) => SessionState.Path.GetUnresolvedProviderPathFromPSPath(path),
        _ => value,
    };
}
