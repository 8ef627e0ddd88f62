using System.Management.Automation;

namespace Containers.Commands;

/// <summary>Removes cgroups. [cgdelete]</summary>
/// <remarks>
/// From every hierarchy that has them. Containers' are refused: they go with their containers. One with processes is refused without -Force, one with others below it without
/// -Recurse.
/// </remarks>
[Cmdlet(VerbsCommon.Remove, "Cgroup", SupportsShouldProcess = true, DefaultParameterSetName = "Path", ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(void))]
public sealed class RemoveCgroupCommand : CgroupTargetCommand
{
    /// <summary>Removes those below it too.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <summary>Kills the processes in it.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Each(cgroup =>
    {
        if (ShouldProcess(cgroup.Path, Force ? "Kill the processes and remove the cgroup" : "Remove the cgroup"))
        {
            Control.Remove(cgroup, Recurse, Force);
        }
    });
}
