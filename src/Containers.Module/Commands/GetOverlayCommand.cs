using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine;
using Containers.Engine.Overlays;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Gets the overlays that are mounted, and tells which layer a file comes from.</summary>
/// <remarks>
/// Those of this session's mount namespace are told, and the detached ones of this session; with -Container those in a container's mount namespace. With -File, what each
/// layer has at a path of the overlay, topmost first: the first one that is Shown is what the overlay shows. Links of folders are followed as in the overlay, a link at the
/// end of the path is not. about_Overlays tells more.
/// </remarks>
[Cmdlet(VerbsCommon.Get, "Overlay")]
[OutputType(typeof(Overlay), typeof(OverlayFile))]
public sealed class GetOverlayCommand : OverlayCommand
{
    /// <summary>The paths that they are mounted on, wildcards, or objects of Mount-Overlay. With -Container the paths there. Without it, all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [FolderArgument(isPattern: true)]
    [ArgumentCompleter(typeof(OverlayCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Path { get; set; }

    /// <summary>The containers whose overlays are meant: names, ids, beginnings of ids, wildcards, or objects of Get-Container. With -File they need not run. Containers cannot be piped: -Container (Get-Container web).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [AllowNull]
    [AllowEmptyCollection]
    public string[]? Container { get; set; }

    /// <summary>Paths in the overlay, from its root, whose layers are to be told.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string[]? File { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        if (Container is { Length: > 0 })
        {
            OfContainers(engine, Container);
            return;
        }

        IReadOnlyList<OverlayMount> found = Path is null ? engine.ListOverlays() : [.. Path.SelectMany(path => FindOverlays(engine, path))];
        foreach (var overlay in found)
        {
            if (File is null)
            {
                WriteObject(new Overlay(overlay));
                continue;
            }

            WriteFiles(path => engine.FindInOverlay(overlay, path));
        }
    }

    private void OfContainers(ContainerEngine engine, string[] names)
    {
        if (File is not null)
        {
            // The layers of a container's root are known to the engine, whether it runs or not.
            foreach (var container in FindContainers(names))
            {
                WriteFiles(path => engine.FindInContainer(container.Id, path));
            }

            return;
        }

        foreach (var container in FindRunningContainers(names))
        {
            Attempt(EngineErrors.Container, container.Name, () =>
            {
                var all = engine.ListOverlays(container.Id);
                foreach (var overlay in Path is null ? all : Path.SelectMany(path => Matching(all, path)))
                {
                    WriteObject(new Overlay(overlay) { Container = container.Name });
                }
            });
        }
    }

    private void WriteFiles(Func<string, IReadOnlyList<Engine.Overlays.OverlayFile>> find)
    {
        foreach (var path in File!)
        {
            Attempt(EngineErrors.Overlay, path, () => WriteObject(find(path).Select(static file => file.ToFile()), enumerateCollection: true));
        }
    }
}
