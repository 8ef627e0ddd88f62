using System.Management.Automation;

namespace Containers.Commands;

/// <summary>Lets the processes of suspended cgroups go on.</summary>
/// <remarks>Those stay suspended that lie below another suspended cgroup.</remarks>
[Cmdlet(VerbsLifecycle.Resume, "Cgroup", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
[OutputType(typeof(void))]
public sealed class ResumeCgroupCommand : CgroupTargetCommand
{
    /// <inheritdoc/>
    protected override void ProcessRecord() => Each(cgroup =>
    {
        if (ShouldProcess(cgroup.Path, "Resume the cgroup"))
        {
            Control.Suspend(cgroup, isSuspended: false);
        }
    });
}
