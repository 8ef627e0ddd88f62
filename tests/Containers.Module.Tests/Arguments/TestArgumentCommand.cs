using System.Management.Automation;
using Containers.Arguments;

namespace Containers.Module.Tests.Arguments;

/// <summary>A parameter of each kind; writes what it was bound to.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Argument")]
public sealed class TestArgumentCommand : PSCmdlet
{
    [Parameter]
    [ByteSizeArgument]
    public ByteSize? Size { get; set; }

    [Parameter]
    [DurationArgument]
    public TimeSpan? Duration { get; set; }

    [Parameter]
    [InstantArgument]
    public DateTimeOffset? Instant { get; set; }

    [Parameter]
    [SignalArgument]
    public Signal? Signal { get; set; }

    [Parameter]
    [CpusArgument]
    public decimal? Cpus { get; set; }

    [Parameter]
    [UserArgument]
    public string? User { get; set; }

    [Parameter]
    [VolumeArgument]
    public ContainerMount[] Volume { get; set; } = [];

    [Parameter]
    [TmpfsArgument]
    public ContainerTmpfs[] Tmpfs { get; set; } = [];

    [Parameter]
    [MountOptionArgument]
    public IContainerMount[] Mount { get; set; } = [];

    [Parameter]
    [DeviceArgument]
    public ContainerDevice[] Device { get; set; } = [];

    [Parameter]
    [UlimitArgument]
    public ContainerUlimit[] Ulimit { get; set; } = [];

    [Parameter]
    [HostEntryArgument]
    public ContainerHostEntry[] AddHost { get; set; } = [];

    [Parameter]
    [SysctlArgument]
    public IDictionary<string, string>? Sysctl { get; set; }

    [Parameter]
    [EnvironmentArgument]
    public IDictionary<string, string>? Env { get; set; }

    [Parameter]
    [LabelArgument]
    public IDictionary<string, string>? Label { get; set; }

    [Parameter]
    [CapabilityArgument]
    public string[] Capability { get; set; } = [];

    [Parameter]
    [SecurityOptionArgument]
    public ContainerSecurityOption[] SecurityOpt { get; set; } = [];

    [Parameter]
    [NetworkArgument]
    public string? Network { get; set; }

    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [ContainerNameArgument]
    public string[] Name { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (var name in MyInvocation.BoundParameters.Keys)
        {
            WriteObject(GetType().GetProperty(name)!.GetValue(this), enumerateCollection: name is not ("Env" or "Label"));
        }
    }
}
