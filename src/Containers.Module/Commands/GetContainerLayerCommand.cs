using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine.Images;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Gets the unpacked layers that images and containers share.</summary>
/// <remarks>A layer is unpacked once, however many images have it over the same layers below, and goes with the last of them.</remarks>
[Cmdlet(VerbsCommon.Get, "ContainerLayer")]
[OutputType(typeof(ContainerLayer))]
public sealed class GetContainerLayerCommand : ContainerCommand
{
    /// <summary>The images whose layers are wanted, lowest layer first: names, ids, wildcards, or objects of Get-ContainerImage. Without it, all layers.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [ImageNameArgument]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Image { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        var wanted = Image is null ? null : FindImages(Image);
        Attempt(EngineErrors.Image, "*", () =>
        {
            IReadOnlyList<LayerInfo> layers = engine.Images.ListLayers();
            if (wanted is not null)
            {
                var byId = layers.ToDictionary(static layer => layer.ChainId, StringComparer.Ordinal);
                layers = [.. wanted.SelectMany(static image => image.Layers).Distinct(StringComparer.Ordinal).Where(byId.ContainsKey).Select(id => byId[id])];
            }

            WriteObject(layers.Select(static layer => layer.ToLayer()), enumerateCollection: true);
        });
    }
}
