using System.Net;
using Containers.Engine.Images;
using Containers.Engine.Layers;

namespace Containers.Engine.Registry;

/// <summary>
/// A blob of a registry, read once from its beginning to its end. Where the connection breaks or stalls it is asked for again from where it was.
/// Never more bytes than the blob has are given; whether they are the right ones is for the reader to verify.
/// </summary>
internal sealed class BlobStream : SequentialStream
{
    // So much has to come before failures that lie behind are forgotten: else a server could go on for ever a few bytes at a time.
    private const int ForgivingBytes = 1 << 20;

    private readonly Func<long, CancellationToken, RegistryResponse> open;
    private readonly Func<RegistryResponse, EngineException> explain;
    private readonly Func<bool> giveUp;
    private readonly string digest;
    private readonly long size;
    private readonly RetryPolicy retry;
    private readonly int attempts;
    private readonly CancellationToken cancellation;
    private RegistryResponse? response;
    private long position;
    private long sinceFailure;
    private int failures;
    private bool isAtEnd;
    private volatile bool isDisposed;

    /// <summary>Prepares reading; nothing is asked for yet.</summary>
    /// <param name="open">Asks for the blob from an offset on.</param>
    /// <param name="explain">Makes the failure of an answer's status.</param>
    /// <param name="giveUp">Leaves the server that was asked last out, where there is another; false where there is none.</param>
    /// <param name="blob">The blob.</param>
    /// <param name="retry">How to wait between attempts.</param>
    /// <param name="attempts">How many attempts there are without progress.</param>
    /// <param name="cancellation">Ends a read that waits.</param>
    public BlobStream(
        Func<long, CancellationToken, RegistryResponse> open,
        Func<RegistryResponse, EngineException> explain,
        Func<bool> giveUp,
        OciDescriptor blob,
        RetryPolicy retry,
        int attempts,
        CancellationToken cancellation)
    {
        this.open = open;
        this.explain = explain;
        this.giveUp = giveUp;
        digest = blob.Digest;
        size = blob.Size;
        this.retry = retry;
        this.attempts = attempts;
        this.cancellation = cancellation;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        byte[] own = new byte[Math.Min(buffer.Length, 64 * 1024)];
        int count = Read(own, 0, own.Length);
        own.AsSpan(0, count).CopyTo(buffer);
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        if (count == 0)
        {
            return 0;
        }

        if (position == size)
        {
            CheckEnd();
            return 0;
        }

        while (true)
        {
            // A reader on another thread may still be here when the rest has failed and disposed this: it must not ask anew.
            ObjectDisposedException.ThrowIf(isDisposed, this);
            try
            {
                response ??= Open();
                int read = response.Read(buffer.AsMemory(offset, count), cancellation);
                Count(read == 0 ? throw ConnectionErrors.Cut(response.Server, position, size) : read);
                return read;
            }
            catch (RegistryConnectionException failure)
            {
                Fail(failure.Failure, failure.IsTransient, null);
            }
            catch (RegistryBusyException busy)
            {
                Fail(busy.Failure, retry.MayWait(busy.RetryAfter), busy.RetryAfter);
            }
            catch (EngineException) when (response is null && giveUp())
            {
                // What this server answered is no part of the blob; the next one is asked from here on.
                failures = 0;
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            isDisposed = true;
            response?.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Count(int read)
    {
        position += read;
        if (position > size)
        {
            throw Wrong($"the registry sends more than the {size} bytes that the manifest says");
        }

        sinceFailure += read;
        if (sinceFailure >= ForgivingBytes)
        {
            failures = 0;
        }
    }

    private void Fail(EngineException failure, bool isTransient, TimeSpan? asked)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        response?.Dispose();
        response = null;
        sinceFailure = 0;
        failures++;
        if (isTransient && failures < attempts)
        {
            retry.Wait(failures, asked, cancellation);
        }
        else if (giveUp())
        {
            failures = 0;
        }
        else
        {
            throw failure;
        }
    }

    private RegistryResponse Open()
    {
        RegistryResponse opened = open(position, cancellation);
        try
        {
            if (opened.Status == HttpStatusCode.PartialContent && position > 0)
            {
                return opened.From == position && !(opened.Length > size - position)
                    ? opened
                    : throw Wrong("the registry sends another part of it than was asked for");
            }

            if (opened.Status == HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                throw Wrong($"the registry has fewer than the {size} bytes that the manifest says");
            }

            if (opened.Status != HttpStatusCode.OK)
            {
                throw explain(opened);
            }

            if (opened.Length is { } length && length != size)
            {
                throw Wrong($"the registry has {length} bytes of it, while the manifest says {size}");
            }

            Skip(opened);
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    // A server that knows no ranges starts at the beginning again.
    private void Skip(RegistryResponse opened)
    {
        byte[] buffer = new byte[position > 0 ? 64 * 1024 : 0];
        for (long left = position; left > 0;)
        {
            int read = opened.Read(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellation);
            left -= read == 0 ? throw ConnectionErrors.Cut(opened.Server, position - left, size) : read;
        }
    }

    private void CheckEnd()
    {
        if (isAtEnd)
        {
            return;
        }

        isAtEnd = true;
        if (response is { Length: null })
        {
            int more = 0;
            try
            {
                more = response.Read(new byte[1], cancellation);
            }
            catch (RegistryConnectionException)
            {
                // All bytes are there; how the connection ends is of no matter.
            }

            if (more > 0)
            {
                throw Wrong($"the registry sends more than the {size} bytes that the manifest says");
            }
        }
    }

    private EngineException Wrong(string reason) =>
        RegistryErrors.Invalid(digest, $"The blob {digest} is not what the image says: {reason}. Nothing of it is kept.");
}
