using System.Net;
using System.Net.Http;
using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>
/// A repository that images are pulled from: the mirrors of its registry, and the registry itself. A mirror that fails is left out from there on.
/// Thread-safe.
/// </summary>
/// <param name="clients">The servers, in the order in which they are asked; the registry itself last.</param>
/// <param name="reference">The image.</param>
/// <param name="settings">The settings.</param>
internal sealed class RemoteRepository(IReadOnlyList<RegistryClient> clients, RegistryReference reference, RegistrySettings settings)
{
    private const int LargestManifest = 4 << 20, LargestConfig = 8 << 20;
    private readonly string[] scopes = [$"repository:{reference.Path}:pull"];
    private int current;

    /// <summary>The image.</summary>
    public RegistryReference Reference => reference;

    /// <summary>Fetches a manifest.</summary>
    /// <param name="key">The tag or the digest.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The manifest; of a digest its very one.</returns>
    /// <exception cref="EngineException">NotFound, InvalidData, AuthenticationFailed, ConnectionFailed ...</exception>
    public RemoteManifest GetManifest(string key, CancellationToken cancellation) => Ask(
        client =>
        {
            string attempt = $"reading the manifest of {reference}";
            return client.Retry.Run(
                () =>
                {
                    using RegistryResponse response = client.SendOnce(
                        () => new RegistryRequest(HttpMethod.Get, client.Endpoint.At($"/v2/{reference.Path}/manifests/{key}")) { Accept = StrictManifest.Accepted }, scopes, attempt, cancellation);
                    if (response.Status == HttpStatusCode.NotFound)
                    {
                        throw new EngineException(
                            EngineErrorReason.NotFound, reference.ToString(), $"There is no image '{reference}' in the registry {client.Endpoint.Host}.{RegistryErrors.Said(response, cancellation)} {Advice()}");
                    }

                    if (response.Status != HttpStatusCode.OK)
                    {
                        throw RegistryErrors.Status(client.Endpoint.Host, response, attempt, cancellation);
                    }

                    byte[] bytes = response.ReadDocument(LargestManifest, "manifest", cancellation);
                    RemoteManifest manifest = RemoteManifest.Read(bytes, response.MediaType, reference.ToString());
                    CheckDigest(manifest, key, response.Header("Docker-Content-Digest"), client.Endpoint.Host);
                    return manifest;
                },
                cancellation);
        });

    /// <summary>Fetches a small blob and verifies it.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="EngineException">LimitExceeded, InvalidData ...</exception>
    public byte[] GetConfig(OciDescriptor blob, CancellationToken cancellation)
    {
        if (blob.Size > LargestConfig)
        {
            throw new EngineException(
                EngineErrorReason.LimitExceeded, reference.ToString(), $"The configuration of '{reference}' has {blob.Size} bytes; more than {Layers.ByteCount.Show(LargestConfig)} are not taken.");
        }

        byte[] bytes = new byte[blob.Size];
        int from;
        do
        {
            from = Volatile.Read(ref current);
            using BlobStream stream = OpenBlob(blob, cancellation);
            stream.ReadExactly(bytes);
            _ = stream.ReadByte();
        }
        while (Digest.Of(bytes) != blob.Digest && LeaveOut(from));

        return Digest.Of(bytes) == blob.Digest ? bytes : throw RegistryErrors.Invalid(
            reference.ToString(), $"The configuration of '{reference}' is not what its manifest says: its digest is {Digest.Of(bytes)} instead of {blob.Digest}. It is damaged, or was tampered with.");
    }

    /// <summary>Opens a blob; nothing is asked for before it is read.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="cancellation">Ends a read that waits.</param>
    /// <returns>A stream to be read once.</returns>
    public BlobStream OpenBlob(OciDescriptor blob, CancellationToken cancellation)
    {
        int asked = 0;
        return new BlobStream(
            (offset, ending) => SendForBlob(blob.Digest, offset, ending, out asked),
            response => Explain(blob, response, cancellation),
            () => LeaveOut(asked),
            blob,
            clients[^1].Retry,
            settings.Attempts,
            cancellation);
    }

    // The bytes decide. What the registry says of them can only show that something went wrong on the way.
    private void CheckDigest(RemoteManifest manifest, string key, string? said, string host)
    {
        string? expected = Digest.IsValid(key) ? key : Digest.IsValid(said) ? said : null;
        if (expected is not null && expected != manifest.Digest)
        {
            throw RegistryErrors.Invalid(
                reference.ToString(), $"The manifest of '{reference}' that {host} sends has the digest {manifest.Digest} instead of {expected}. It is damaged, or was tampered with; nothing of it is kept.");
        }
    }

    private string Advice() => reference.Digest is null
        ? $"Check its name and tag: Find-ContainerImage {reference.Host}/{reference.Path} lists the tags there are."
        : "Check its name and digest.";

    private T Ask<T>(Func<RegistryClient, T> ask)
    {
        while (true)
        {
            int asked = Volatile.Read(ref current);
            try
            {
                return ask(clients[asked]);
            }
            catch (EngineException failure) when (asked < clients.Count - 1 && failure.Reason != EngineErrorReason.Canceled)
            {
                _ = LeaveOut(asked);
            }
        }
    }

    private RegistryResponse SendForBlob(string digest, long offset, CancellationToken cancellation, out int asked)
    {
        while (true)
        {
            int one = asked = Volatile.Read(ref current);
            RegistryClient client = clients[one];
            try
            {
                RegistryResponse response = client.SendOnce(
                    () => new RegistryRequest(HttpMethod.Get, client.Endpoint.At($"/v2/{reference.Path}/blobs/{digest}")) { From = offset > 0 ? offset : null },
                    scopes,
                    $"reading the blob {digest} of {reference}",
                    cancellation);
                if (response.IsSuccess || one == clients.Count - 1)
                {
                    return response;
                }

                response.Dispose();
            }
            catch (Exception failure) when (one < clients.Count - 1 && failure is EngineException or RegistryConnectionException or RegistryBusyException)
            {
                // The next one may have it.
            }

            _ = LeaveOut(one);
        }
    }

    /// <summary>Asks a server no more, where there is another after it.</summary>
    private bool LeaveOut(int failed)
    {
        if (failed == clients.Count - 1)
        {
            return false;
        }

        Interlocked.CompareExchange(ref current, failed + 1, failed);
        return true;
    }

    private EngineException Explain(OciDescriptor blob, RegistryResponse response, CancellationToken cancellation) => response.Status == HttpStatusCode.NotFound
        ? new EngineException(
            EngineErrorReason.NotFound, reference.ToString(), $"The registry {reference.Host} has lost the blob {blob.Digest} of '{reference}'.{RegistryErrors.Said(response, cancellation)} The image has to be pushed there again.")
        : clients[^1].Failure(response, $"reading the blob {blob.Digest} of {reference}", cancellation);
}
