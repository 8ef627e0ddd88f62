using System.Management.Automation;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Checks images: every digest, size and media type, and that the layers hold what the configuration says.</summary>
/// <remarks>
/// Reads and decompresses everything of an image, so that it takes about as long as an import. What is wrong is told in the result; a damaged image is
/// best removed and received or imported again.
/// </remarks>
[Cmdlet(VerbsDiagnostic.Test, "ContainerImage")]
[OutputType(typeof(ContainerImageCheck), typeof(bool))]
public sealed class TestContainerImageCommand : ImageSelectionCommand
{
    /// <summary>Gives only $true for a sound image and $false for a damaged one.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var name in Name.SelectMany(Matching))
        {
            Attempt(EngineErrors.Image, name, () =>
            {
                var check = engine.Images.Test(name, StopToken).ToCheck();
                WriteObject(Quiet ? check.IsSound : check);
            });
        }
    }

    // A damaged image is listed, but cannot be looked up like a sound one.
    private IEnumerable<string> Matching(string name) =>
        WildcardPattern.ContainsWildcardCharacters(name) ? FindImages([name]).Select(static image => image.Name ?? image.Id) : [name];
}
