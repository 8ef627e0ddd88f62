using System.Management.Automation;

namespace Containers.Commands;

/// <summary>Keeps the processes of cgroups from running.</summary>
/// <remarks>All of them, those of cgroups below too, and what they would start (cgroup.freeze; on v1 alone the freezer). Resume-Cgroup lets them go on. A suspended process does not end, but by SIGKILL on v2.</remarks>
[Cmdlet(VerbsLifecycle.Suspend, "Cgroup", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
[OutputType(typeof(void))]
public sealed class SuspendCgroupCommand : CgroupTargetCommand
{
    /// <inheritdoc/>
    protected override void ProcessRecord() => Each(cgroup =>
    {
        if (ShouldProcess(cgroup.Path, "Suspend the cgroup"))
        {
            Control.Suspend(cgroup, isSuspended: true);
        }
    });
}
