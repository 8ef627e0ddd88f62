using System.Management.Automation;
using Containers.Engine.Maintenance;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Mends what dead sessions, a loss of power or a hand in the engine's folders left out of order, and tells what it found and did.</summary>
/// <remarks>
/// Containers half made or half removed, cgroups without a running container, names that lead nowhere or are missing, mounts and leftovers of interrupted work.
/// What other sessions are at work on is left alone, and logs of containers that stay are never touched. A container whose document is damaged is told, and only
/// removed with -Force. -WhatIf lists alone. Nothing found is nothing written.
/// </remarks>
[Cmdlet(VerbsDiagnostic.Repair, "ContainerStorage", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerRepair))]
public sealed class RepairContainerStorageCommand : ContainerCommand
{
    /// <summary>Removes also containers whose document is damaged, with all their files, whether they run or not.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var engine = OpenEngine();
        IReadOnlyList<StorageFinding> findings = [];
        Attempt(EngineErrors.Engine, "storage", () => findings = engine.FindStale(StopToken));
        foreach (var finding in findings)
        {
            var isMended = false;
            if (finding.CanBeMended && (Force || !finding.NeedsForce) && ShouldProcess(Describe(finding), finding.ToRepair(false).Action))
            {
                Attempt(EngineErrors.Container, finding.Name, () => isMended = engine.Mend(finding, Force, StopToken));
            }

            WriteObject(finding.ToRepair(isMended));
        }
    }

    private static string Describe(StorageFinding finding) => finding.Kind switch
    {
        FindingKind.Container => $"the container '{finding.Name}': {finding.ToRepair(false).Problem}",
        FindingKind.Name => $"the name '{finding.Name}': {finding.ToRepair(false).Problem}",
        FindingKind.Mount => $"the mount '{finding.Name}': {finding.ToRepair(false).Problem}",
        FindingKind.Namespace => $"the namespaces '{finding.Name}': {finding.ToRepair(false).Problem}",
        FindingKind.Cgroup => $"'{finding.Name}': {finding.ToRepair(false).Problem}",
        _ => finding.ToRepair(false).Problem,
    };
}
