using System.Globalization;
using System.Net;
using System.Net.Http;
using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>
/// Brings one blob into a repository (distribution-spec, "Pushing blobs"): nothing where it is there, taken over from another repository where the registry
/// does that, else in one request, and a large one in pieces, going on after a broken connection from what the registry has.
/// </summary>
/// <param name="client">The registry.</param>
/// <param name="path">The repository.</param>
/// <param name="settings">The settings.</param>
/// <param name="blob">The blob.</param>
/// <param name="content">Its bytes; the caller's.</param>
/// <param name="sent">Told how many bytes left.</param>
/// <param name="cancellation">Ends it.</param>
internal sealed class BlobUpload(
    RegistryClient client, string path, RegistrySettings settings, OciDescriptor blob, Stream content, Action<long> sent, CancellationToken cancellation)
{
    private readonly string[] scopes = [$"repository:{path}:pull,push"];
    private readonly string attempt = $"sending the blob {blob.Digest} to {path}";
    private Uri? session;
    private long piece;
    private long offset;
    private bool isPieceRefused;

    /// <summary>Sends.</summary>
    /// <param name="mountFrom">A repository of the same registry that is likely to have the blob; null for none.</param>
    /// <returns>What became of it.</returns>
    /// <exception cref="EngineException">It did not get there.</exception>
    public PublishStage Run(string? mountFrom)
    {
        if (IsThere())
        {
            return PublishStage.Existing;
        }

        if (mountFrom is not null && Mount(mountFrom))
        {
            return PublishStage.Mounted;
        }

        long furthest = 0;
        for (int failures = 0; ;)
        {
            try
            {
                if (failures > 0 && session is null && IsThere())
                {
                    return PublishStage.Sent;
                }

                SendAll();
                return PublishStage.Sent;
            }
            catch (Exception failure) when (failure is RegistryConnectionException or RegistryBusyException)
            {
                // What was reached before does not count again: else an upload that fails at the same place each time would have no end.
                failures = offset > furthest ? 1 : failures + 1;
                furthest = Math.Max(furthest, offset);
                (EngineException known, bool isTransient, TimeSpan? asked) = failure is RegistryBusyException busy
                    ? (busy.Failure, client.Retry.MayWait(busy.RetryAfter), busy.RetryAfter)
                    : (((RegistryConnectionException)failure).Failure, ((RegistryConnectionException)failure).IsTransient, null);
                if (failures >= settings.Attempts || !isTransient)
                {
                    throw known;
                }

                client.Retry.Wait(failures, asked, cancellation);
                Recover();
            }
        }
    }

    private bool IsThere()
    {
        using RegistryResponse response = client.Send(HttpMethod.Head, $"/v2/{path}/blobs/{blob.Digest}", scopes, attempt, cancellation);
        return response.Status switch
        {
            HttpStatusCode.OK => true,
            HttpStatusCode.NotFound => false,
            _ => throw client.Failure(response, attempt, cancellation),
        };
    }

    private bool Mount(string from)
    {
        try
        {
            using RegistryResponse response = client.Send(
                HttpMethod.Post, $"/v2/{path}/blobs/uploads/?mount={Uri.EscapeDataString(blob.Digest)}&from={Uri.EscapeDataString(from)}", [.. scopes, $"repository:{from}:pull"], attempt, cancellation);
            if (response.Status == HttpStatusCode.Accepted)
            {
                Begin(response);
            }

            return response.Status == HttpStatusCode.Created;
        }
        catch (EngineException failure) when (failure.Reason is EngineErrorReason.AuthenticationFailed or EngineErrorReason.PermissionDenied or EngineErrorReason.NotFound)
        {
            // Not allowed to read there: then the bytes are sent.
            return false;
        }
    }

    private void SendAll()
    {
        if (session is null)
        {
            using RegistryResponse response = Send(HttpMethod.Post, client.Endpoint.At($"/v2/{path}/blobs/uploads/"), null, 0, 0);
            Expect(response, HttpStatusCode.Accepted);
            Begin(response);
        }

        if (offset == 0 && (blob.Size <= piece || isPieceRefused))
        {
            Finish(blob.Size);
            return;
        }

        while (offset < blob.Size)
        {
            long length = Math.Min(piece, blob.Size - offset);
            using RegistryResponse response = Send(HttpMethod.Patch, session!, offset, offset, length);
            if (offset == 0 && (int)response.Status is 400 or 405 or 411 or 413 or 415 or 416 && !isPieceRefused)
            {
                // There are registries that take no pieces, or only small ones.
                isPieceRefused = true;
                session = null;
                SendAll();
                return;
            }

            Expect(response, HttpStatusCode.Accepted);
            Continue(response, length);
        }

        Finish(0);
    }

    private void Finish(long length)
    {
        using RegistryResponse response = Send(HttpMethod.Put, WithDigest(session!), null, 0, length);
        if (response.Status == HttpStatusCode.BadRequest)
        {
            throw RegistryErrors.Invalid(
                blob.Digest, $"{client.Endpoint.Host} does not take the blob {blob.Digest}.{RegistryErrors.Said(response, cancellation)} It may be damaged in the image store: pull or import the image again.");
        }

        Expect(response, HttpStatusCode.Created);
        sent(blob.Size);
    }

    // Asks what has arrived. Where the registry does not know the upload any more, it begins anew.
    private void Recover()
    {
        if (session is null)
        {
            return;
        }

        try
        {
            Uri asked = session;
            using RegistryResponse response = client.Retry.Run(() => Send(HttpMethod.Get, asked, null, 0, 0), cancellation);
            long arrived = RangeEnd(response) + 1 ?? 0;
            if (response.Status is HttpStatusCode.NoContent or HttpStatusCode.OK or HttpStatusCode.Accepted && arrived <= blob.Size && !isPieceRefused)
            {
                offset = arrived;
                session = response.Location is null ? session : AddressOf(response);
                return;
            }
        }
        catch (EngineException)
        {
            // The next attempt shows what is wrong.
        }

        session = null;
        offset = 0;
    }

    private void Begin(RegistryResponse response)
    {
        session = AddressOf(response);
        piece = Math.Max(settings.UploadPiece, response.NumberHeader("OCI-Chunk-Min-Length") ?? 0);
        offset = 0;
    }

    private void Continue(RegistryResponse response, long length)
    {
        session = response.Location is null ? session : AddressOf(response);
        long next = RangeEnd(response) + 1 ?? offset + length;
        if (next <= offset || next > offset + length)
        {
            throw RegistryErrors.Invalid(client.Endpoint.Host, $"{client.Endpoint.Host} says that it has {next} bytes of the blob {blob.Digest} after {offset + length} were sent. The upload was given up.");
        }

        offset = next;
    }

    private RegistryResponse Send(HttpMethod method, Uri address, long? rangeFrom, long from, long length) => client.SendOnce(
        () => new RegistryRequest(method, address)
        {
            Patience = method == HttpMethod.Put ? settings.CommitTimeout : null,
            Body = method == HttpMethod.Get || method == HttpMethod.Head ? null : beat =>
            {
                var body = new BlobContent(content, from, length, done =>
                {
                    beat();
                    sent(from + done);
                });
                if (rangeFrom is { } first)
                {
                    // Not the form of RFC 9110: the distribution specification leaves the unit out.
                    body.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{first}-{first + length - 1}"));
                }

                return body;
            },
        },
        scopes,
        attempt,
        cancellation);

    private void Expect(RegistryResponse response, HttpStatusCode status)
    {
        if (response.Status != status)
        {
            throw response.IsSuccess
                ? RegistryErrors.Invalid(client.Endpoint.Host, $"{client.Endpoint.Host} answered with status {(int)response.Status} instead of {(int)status} ({attempt}).")
                : client.Failure(response, attempt, cancellation);
        }
    }

    // The last byte that the registry has; a registry that has none says 0-0 too.
    private static long? RangeEnd(RegistryResponse response)
    {
        string? range = response.Header("Range");
        int dash = range?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        return dash > 0 && long.TryParse(range.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long end) && end > 0 ? end : null;
    }

    private Uri AddressOf(RegistryResponse response)
    {
        RegistryEndpoint endpoint = client.Endpoint;
        Uri location = response.Location ?? throw RegistryErrors.Invalid(endpoint.Host, $"{endpoint.Host} does not say where the blob is to be sent ({attempt}).");
        if (endpoint.Scheme == Uri.UriSchemeHttps && location.Scheme == Uri.UriSchemeHttp)
        {
            // Behind a proxy that does TLS, registries often do not know that it does.
            Uri own = endpoint.At(location.PathAndQuery);
            return location.Host == own.Host ? own : throw RegistryErrors.Invalid(
                endpoint.Host, $"{endpoint.Host} wants the blob sent to {RegistryText.Show(location)}, which is not protected by TLS. Nothing was sent there.");
        }

        return !RegistryAddress.IsThisMachine(location) || RegistryAddress.IsLoopback(endpoint.Authority) ? location : throw RegistryErrors.Invalid(
            endpoint.Host, $"{endpoint.Host} wants the blob sent to {RegistryText.Show(location)}, which is this machine. Nothing was sent there.");
    }

    private Uri WithDigest(Uri address) =>
        new(address.GetLeftPart(UriPartial.Query) + (address.Query.Length > 1 ? "&" : address.Query.Length == 1 ? string.Empty : "?") + "digest=" + Uri.EscapeDataString(blob.Digest));
}
