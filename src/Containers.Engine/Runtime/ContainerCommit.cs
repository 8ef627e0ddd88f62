using Containers.Engine.Cgroups;
using Containers.Engine.Events;
using Containers.Engine.Images;
using Containers.Engine.Layers;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Runtime;

/// <summary>Makes images of containers.</summary>
/// <param name="services">The engine's.</param>
/// <param name="observer">Tells states.</param>
internal sealed class ContainerCommit(EngineServices services, ContainerObserver observer)
{
    private const string CreatedBy = "ConvertTo-ContainerImage";

    /// <summary>Makes an image; see <see cref="ContainerEngine.Commit"/>.</summary>
    public ImageInfo Run(string id, string? name, ImageChanges changes, bool pause, IProgress<LayerProgress>? progress, CancellationToken cancellation)
    {
        ImageName? parsed = name is null ? null : ImageQuery.ParseNewName(name);
        ImageChangesCheck.Check(changes);

        // The lock keeps the container from being started, removed or made into an image twice at once; it does not keep it from ending.
        using ContainerLock held = services.Store.Lock(id, cancellation);
        ContainerSnapshot snapshot = observer.Observe(id) ?? throw ContainerStore.NotFound(id);
        ContainerDocument document = services.Store.Records.Read(id).Document ?? throw new EngineException(
            EngineErrorReason.Busy, snapshot.Name, $"The container '{snapshot.Name}' was never made whole: no image can be made of it. Remove it: Remove-Container {snapshot.Name}");
        string image = RequireImage(document);
        using ImageContent content = services.Images.OpenContent(image);
        using FileDescriptor state = services.Store.OpenStateFolder(id) ?? throw ContainerStore.NotFound(id);
        using FileDescriptor upper = Files.Open(state.Number, "upper", LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW);

        // One that is suspended stands still already, and stays so.
        using Pause? paused = pause && snapshot is { State: ContainerState.Running, IsPaused: false } ? Pause.Of(services.Cgroups.Open(id)) : null;
        using KeptLayers layers = services.Images.OpenLayers(image);
        ImageOrigin origin = Describe(content, upper, KernelMountPoints.FindMade(upper, layers), parsed, changes, () => paused?.End());
        ImageInfo made = services.Images.TakeIn([origin], progress, cancellation)[0];
        services.Events.Write(EventAction.Commit, document, ("imageId", made.Id), ("imageName", made.Name ?? string.Empty));
        return made;
    }

    private static string RequireImage(ContainerDocument document)
    {
        if (document.ImageId is null)
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, document.Name,
                $"The container '{document.Name}' runs in the folder '{document.Options.RootFileSystem}' and has no layers: make an image of the folder with New-ContainerImage -Path.");
        }

        return document.ImageId != ImageStore.HostImage ? document.ImageId : throw new EngineException(
            EngineErrorReason.NotSupported, document.Name,
            $"The container '{document.Name}' was made of '{ImageStore.HostImage}', this machine's own files, which are no layer: what it has written would be an image without its base. Make an image of a folder with New-ContainerImage, or run the container on an image.");
    }

    private static ImageOrigin Describe(ImageContent content, FileDescriptor upper, IReadOnlyList<byte[]> excluded, ImageName? name, ImageChanges changes, Action whenRead)
    {
        IReadOnlyList<string> diffIds = content.DiffIds;
        List<LayerOrigin> layers =
        [
            .. content.Parsed.Layers.Select((blob, i) => new LayerOrigin { DiffId = diffIds[i], Digest = blob.Digest, Size = blob.Size, Open = _ => content.OpenBlob(blob.Digest) }),
            new LayerOrigin
            {
                IsOwn = true,
                Open = ending => new LayerPipe(upper, new LayerWriteOptions { Source = LayerSourceKind.OverlayUpper, Excluded = excluded }, whenRead, ending),
            },
        ];
        return new ImageOrigin
        {
            Layers = layers,
            Describe = taken => new ImageDescription(ImageConfigEdit.AddLayer(content.Config, taken[^1].DiffId, changes, DateTimeOffset.UtcNow, CreatedBy)),
            Names = name is null ? [] : [name],
        };
    }

    /// <summary>Keeps a container's processes from running. On a machine without a freezer they go on.</summary>
    private sealed class Pause : IDisposable
    {
        private readonly Lock gate = new();
        private ContainerCgroup? cgroup;

        private Pause(ContainerCgroup cgroup) => this.cgroup = cgroup;

        public static Pause? Of(ContainerCgroup? cgroup)
        {
            if (cgroup is null)
            {
                return null;
            }

            var pause = new Pause(cgroup);
            try
            {
                cgroup.Freeze();
                return pause;
            }
            catch (EngineException e) when (e.Reason == EngineErrorReason.NotSupported)
            {
                // No freezer: the container is read as it runs.
            }
            catch
            {
                // What froze of it must not stay so.
                pause.Dispose();
                throw;
            }

            cgroup.Dispose();
            return null;
        }

        public void End()
        {
            lock (gate)
            {
                ContainerCgroup? frozen = cgroup;
                cgroup = null;
                if (frozen is not null)
                {
                    using (frozen)
                    {
                        frozen.ThawIfFrozen();
                    }
                }
            }
        }

        public void Dispose() => End();
    }
}
