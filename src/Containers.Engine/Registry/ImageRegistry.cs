using System.Net;
using System.Net.Http;
using Containers.Engine.Events;
using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>
/// The door to registries: images are received from them and sent to them (OCI distribution specification 1.1; Docker's token authentication). Thread-safe.
/// </summary>
public sealed class ImageRegistry : IDisposable
{
    private readonly ImageStore images;
    private readonly RegistrySettings settings;
    private readonly CredentialStore credentials;
    private readonly RegistryTransport transport;
    private readonly RetryPolicy retry;

    /// <summary>Prepares the work; nothing is connected to yet.</summary>
    /// <param name="images">The image store.</param>
    /// <param name="settings">How registries are reached.</param>
    /// <param name="credentials">The credentials for them.</param>
    /// <exception cref="EngineException">InvalidConfiguration for a host or mirror that is none.</exception>
    public ImageRegistry(ImageStore images, RegistrySettings settings, CredentialStore credentials)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(credentials);
        this.images = images;
        this.settings = Check(settings);
        this.credentials = credentials;
        transport = new RegistryTransport(this.settings);
        retry = new RetryPolicy(this.settings);
    }

    /// <summary>Receives an image. Layers that are in the store are not fetched again; an image that has the name loses it.</summary>
    /// <param name="name">Its name: [HOST[:PORT]/]PATH[:TAG][@DIGEST]; docker.io where no host is given, latest where no tag is.</param>
    /// <param name="platform">The platform; null for this machine's.</param>
    /// <param name="progress">Told of each layer now and then; or null. Called on several threads.</param>
    /// <param name="cancellation">Ends it, leaving nothing.</param>
    /// <returns>The image in the store.</returns>
    /// <exception cref="EngineException">NotFound (image or platform), AuthenticationFailed, ConnectionFailed, Timeout, InvalidData, LimitExceeded, NotSupported, Storage, Canceled. Nothing is left.</exception>
    public ImageInfo Receive(string name, ImagePlatform? platform, IProgress<LayerProgress>? progress, CancellationToken cancellation) => Cancelable(
        name, "Receiving", () => images.Tell(EventAction.Pull, images.TakeIn([Resolve(name, platform, cancellation)], progress, cancellation))[0]);

    /// <summary>Sends an image of the store to a registry.</summary>
    /// <param name="nameOrId">The image in the store.</param>
    /// <param name="target">The name it gets there, which says the registry; null for <see cref="ImageStore.NameToSend"/>.</param>
    /// <param name="progress">Told of each blob now and then; or null. Called on several threads.</param>
    /// <param name="cancellation">Ends it. Blobs that were sent stay in the registry until it cleans up; no name leads to them.</param>
    /// <returns>The digest that the image has there.</returns>
    /// <exception cref="EngineException">NotFound (image), NotSupported (the built-in one), AuthenticationFailed, PermissionDenied, ConnectionFailed, Timeout, Canceled ...</exception>
    public string Publish(string nameOrId, string? target, IProgress<PublishProgress>? progress, CancellationToken cancellation) => Cancelable(nameOrId, "Sending", () =>
    {
        using ImageContent content = images.OpenContent(nameOrId);
        string name = target ?? images.NameToSend(nameOrId);
        RegistryReference reference = RegistryReference.Parse(name);
        string digest = new ImagePush(Connect(RegistryEndpoint.Origin(reference.Host, settings), cancellation), reference, settings, content, progress).Run(images.List(), cancellation);
        images.Events?.Write(EventAction.Push, content.Info, ("target", name));
        return digest;
    });

    /// <summary>The tags of a repository.</summary>
    /// <param name="repository">Its name without a tag: [HOST[:PORT]/]PATH.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The tags, in the order of their characters.</returns>
    /// <exception cref="EngineException">NotFound, AuthenticationFailed, ConnectionFailed, LimitExceeded (more than 100,000), Canceled ...</exception>
    public IReadOnlyList<string> FindTags(string repository, CancellationToken cancellation) => Cancelable(repository, "Reading the tags of", () =>
    {
        RegistryReference reference = RegistryReference.Parse(repository);
        return reference.Digest is null && repository.LastIndexOf(':') <= repository.LastIndexOf('/')
            ? TagList.Read(Connect(RegistryEndpoint.Origin(reference.Host, settings), cancellation), reference.Path, cancellation)
            : throw new EngineException(EngineErrorReason.InvalidArgument, repository, $"'{repository}' names one image. The tags of a repository are found by its name alone: leave tag and digest out.");
    });

    /// <summary>Signs in to a registry: tries the credentials, and keeps them where it accepts them.</summary>
    /// <param name="host">Its host, with the port where image names have one.</param>
    /// <param name="user">The user's name.</param>
    /// <param name="secret">The password or access token.</param>
    /// <param name="asPlainText">Whether they may be kept as plain text where no credential helper is configured.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="EngineException">AuthenticationFailed, ConnectionFailed, InvalidArgument (see <see cref="CredentialStore.Save"/>), Storage, Canceled. Nothing is kept then.</exception>
    public void Login(string host, string user, string secret, bool asPlainText, CancellationToken cancellation) => Cancelable(host, "Signing in to", () =>
    {
        string canonical = RegistryAddress.Check(host);
        RegistryEndpoint endpoint = RegistryEndpoint.Origin(canonical, settings);
        var authorizer = new RegistryAuthorizer(endpoint, new RegistryTokens(transport, retry), () => new RegistryCredential(user, secret) { IsNew = true });
        var client = new RegistryClient(transport, endpoint, authorizer, retry);
        string attempt = $"signing in as {RegistryText.Show(user)}";
        using RegistryResponse response = client.Send(HttpMethod.Get, "/v2/", [], attempt, cancellation);
        if (!response.IsSuccess)
        {
            throw response.Status == HttpStatusCode.NotFound
                ? new EngineException(EngineErrorReason.NotFound, canonical, $"{canonical} is no registry: it has nothing at /v2/. Check host and port.")
                : client.Failure(response, attempt, cancellation);
        }

        credentials.Save(canonical, user, secret, asPlainText);
        return true;
    });

    /// <summary>Forgets the credentials for a registry.</summary>
    /// <param name="host">Its host.</param>
    /// <returns>Whether there were any.</returns>
    /// <exception cref="EngineException">InvalidArgument, Storage, AuthenticationFailed (a helper that fails).</exception>
    public bool Logout(string host) => credentials.Erase(host);

    /// <summary>Closes the connections.</summary>
    public void Dispose() => transport.Dispose();

    /// <summary>Finds out what an image consists of, without fetching its layers.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="platform">The platform; null for this machine's.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The image, to be taken into the store.</returns>
    internal ImageOrigin Resolve(string name, ImagePlatform? platform, CancellationToken cancellation)
    {
        RegistryReference reference = RegistryReference.Parse(name);
        RegistryClient[] clients = [.. RegistryEndpoint.WithMirrors(reference.Host, settings).Select(endpoint => Connect(endpoint, cancellation))];

        // The digest says which image it is; that the registry calls it by the tag is nowhere said, and so the tag stays with what has it.
        ImageName parsed = ImageName.Parse(name);
        return new ImagePull(new RemoteRepository(clients, reference, settings), platform).Resolve([parsed.Digest is null ? parsed : parsed with { Tag = null }], cancellation);
    }

    private static T Cancelable<T>(string subject, string attempt, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (OperationCanceledException canceled)
        {
            throw new EngineException(EngineErrorReason.Canceled, subject, $"{attempt} '{RegistryText.Show(subject)}' was cancelled.", canceled);
        }
        catch (Exception failure) when (failure is Interop.KernelException or IOException)
        {
            throw new EngineException(EngineErrorReason.Storage, subject, $"{attempt} '{RegistryText.Show(subject)}' failed: {failure.Message.TrimEnd('.')}.", failure);
        }
    }

    private static RegistrySettings Check(RegistrySettings settings)
    {
        var hosts = new Dictionary<string, RegistryHostSettings>(StringComparer.Ordinal);
        foreach ((string host, RegistryHostSettings own) in settings.Hosts)
        {
            try
            {
                hosts[RegistryAddress.Check(host)] = own;
            }
            catch (EngineException failure)
            {
                throw new EngineException(EngineErrorReason.InvalidConfiguration, host, $"The configuration's registries are wrong: {failure.Message}", failure);
            }
        }

        RegistrySettings checkedSettings = settings with { Hosts = hosts, Attempts = Math.Max(1, settings.Attempts), ParallelUploads = Math.Clamp(settings.ParallelUploads, 1, 32) };
        foreach (string host in hosts.Keys)
        {
            _ = RegistryEndpoint.WithMirrors(host, checkedSettings);
        }

        return checkedSettings;
    }

    private RegistryClient Connect(RegistryEndpoint endpoint, CancellationToken cancellation)
    {
        var authorizer = new RegistryAuthorizer(endpoint, new RegistryTokens(transport, retry), () => credentials.Find(endpoint.Host, cancellation));
        return new RegistryClient(transport, endpoint, authorizer, retry);
    }
}
