using System.Management.Automation;

namespace Containers.Commands;

/// <summary>Gets the limits of cgroups as the kernel keeps them.</summary>
/// <remarks>The same properties for v1 and v2, in bytes, processors and numbers. Null is no limit, also where no controller could limit it.</remarks>
[Cmdlet(VerbsCommon.Get, "CgroupLimit", DefaultParameterSetName = "Path")]
[OutputType(typeof(CgroupLimit))]
public sealed class GetCgroupLimitCommand : CgroupTargetCommand
{
    /// <inheritdoc/>
    protected override void ProcessRecord() => Each(cgroup => WriteObject(Control.GetLimits(cgroup).ToLimit(cgroup.Path)));
}
