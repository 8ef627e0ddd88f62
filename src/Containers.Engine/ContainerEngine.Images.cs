using Containers.Engine.Configuration;
using Containers.Engine.Images;
using Containers.Engine.Layers;
using Containers.Engine.Registry;
using Containers.Engine.Runtime;

namespace Containers.Engine;

/// <content>Images as containers use and make them.</content>
public sealed partial class ContainerEngine
{
    /// <summary>Opens the way to registries as the configuration and this process's environment have it.</summary>
    /// <returns>The door; the caller disposes it.</returns>
    public ImageRegistry OpenRegistry() => new(
        services.Images,
        new RegistrySettings
        {
            Hosts = Configuration.Registries.ToDictionary(
                entry => entry.Key,
                entry => new RegistryHostSettings { Mirrors = entry.Value.Mirrors, IsInsecure = entry.Value.Insecure, CertificateAuthority = entry.Value.CertificateAuthority },
                StringComparer.Ordinal),
            ParallelUploads = Configuration.Images.Parallel,
        },
        CredentialStore.FromEnvironment());

    /// <summary>Whether a container's image must be received from a registry before the container is made.</summary>
    /// <param name="image">What the container's image is called.</param>
    /// <param name="policy">When images are received; null for the configuration's <c>images.pull</c>.</param>
    /// <param name="platform">The platform that it must be for; null for any.</param>
    /// <returns>False where the store has what is asked for.</returns>
    /// <exception cref="EngineException">NotFound where it is not there and must not be received; Ambiguous, InvalidArgument.</exception>
    public bool NeedsToReceive(string image, ImagePullPolicy? policy, ImagePlatform? platform) =>
        new ImageProvision(services.Images).IsNeeded(image, policy ?? Configuration.Images.Pull, platform);

    /// <summary>
    /// Makes an image of a container: its image's layers, and what it has written as one layer more. What is mounted in it (volumes, in-memory folders) is not in it.
    /// </summary>
    /// <param name="id">The container's id.</param>
    /// <param name="name">The image's name; null for none. An image that has it loses it.</param>
    /// <param name="changes">What its configuration says otherwise than the image's that the container was made of.</param>
    /// <param name="pause">Whether a running container stands still while it is read. Where no cgroup freezer is mounted it cannot, and is read as it runs.</param>
    /// <param name="progress">Told of the layers now and then, on other threads; or null.</param>
    /// <param name="cancellation">Undoes what was done.</param>
    /// <returns>The image.</returns>
    /// <exception cref="EngineException">
    /// NotFound, Busy (never made whole; a file that shrank while it was read), NotSupported (of the built-in image <c>host</c>, or of a folder), InvalidData (files that no
    /// layer can hold), InvalidArgument, Storage, Canceled. Nothing is left.
    /// </exception>
    public ImageInfo Commit(
        string id, string? name, ImageChanges changes, bool pause = true, IProgress<LayerProgress>? progress = null, CancellationToken cancellation = default) =>
        commit.Run(id, name, changes, pause, progress, cancellation);

    /// <summary>Mounts an image read-only for looking. It stays mounted when the session ends, and cannot be removed meanwhile.</summary>
    /// <param name="nameOrId">A name or the beginning of an id.</param>
    /// <returns>The mount.</returns>
    /// <exception cref="EngineException">NotFound, Ambiguous, InvalidArgument, NotSupported for the built-in image, PermissionDenied, Storage.</exception>
    public ImageMount MountImage(string nameOrId) => services.ImageMounts.Mount(services.Images, nameOrId);

    /// <summary>The images that are mounted.</summary>
    /// <returns>The mounts.</returns>
    public IReadOnlyList<ImageMount> ListImageMounts() => services.ImageMounts.List();

    /// <summary>Takes a mount away.</summary>
    /// <param name="id">What it is called.</param>
    /// <exception cref="EngineException">NotFound, Storage.</exception>
    public void DismountImage(string id) => services.ImageMounts.Dismount(services.Images, id);
}
