using System.Management.Automation;
using Containers.Arguments;
using Containers.Engine.Maintenance;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Removes what is not in use: stopped containers, images without a name, and what interrupted work left. [docker system prune]</summary>
/// <remarks>
/// Nothing that a running container or another image needs is touched, also when other sessions work at the same time. -WhatIf shows what would go, with sizes.
/// What went is written to the pipeline.
/// </remarks>
[Cmdlet(VerbsCommon.Clear, "ContainerStorage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[Alias("Prune-ContainerStorage")]
[OutputType(typeof(ContainerStorageItem))]
public sealed class ClearContainerStorageCommand : ContainerCommand
{
    /// <summary>What goes: Container, Image, Leftover. Without it, all of them.</summary>
    [Parameter(Position = 0)]
    public ContainerStorageKind[] Kind { get; set; } = Enum.GetValues<ContainerStorageKind>();

    /// <summary>Removes also the images that have a name, where no container is made of them.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>Only containers that ended, and images that were made, longer ago: 24h, or a TimeSpan.</summary>
    [Parameter]
    [DurationArgument(MostDays = 36500)]
    public TimeSpan? OlderThan { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var engine = OpenEngine();
        var scope = new ClearingScope
        {
            Kinds = [.. Kind.Select(static kind => (StorageKind)kind)],
            AllImages = All,
            Before = DateTimeOffset.UtcNow - OlderThan,
        };
        IReadOnlyList<ClearableItem> items = [];
        Attempt(EngineErrors.Engine, "storage", () => items = engine.FindClearable(scope, StopToken));
        foreach (var item in items.Where(item => ShouldProcess(Describe(item), "Remove")))
        {
            Attempt(item.Kind == StorageKind.Image ? EngineErrors.Image : EngineErrors.Container, item.Name ?? item.Id, () =>
            {
                engine.Clear(item, StopToken);
                WriteObject(item.ToItem());
            });
        }
    }

    private static string Describe(ClearableItem item) => item.Kind switch
    {
        StorageKind.Container => $"the container '{item.Name}' ({new ByteSize(item.Size)})",
        StorageKind.Image => $"the image '{item.Name ?? Formatting.ShortId(item.Id)}' ({new ByteSize(item.Size)})",
        _ => $"what interrupted work left ({new ByteSize(item.Size)})",
    };
}
