using System.Net;
using System.Net.Http;

namespace Containers.Engine.Registry;

/// <summary>A part of a blob as the body of a request.</summary>
internal sealed class BlobContent : HttpContent
{
    private readonly Stream blob;
    private readonly long from;
    private readonly long length;
    private readonly Action<long> sent;

    /// <summary>Makes the body.</summary>
    /// <param name="blob">The whole blob; stays the caller's, who sends one body of it at a time.</param>
    /// <param name="from">The first byte.</param>
    /// <param name="length">The number of bytes.</param>
    /// <param name="sent">Told whenever some of it left, with the bytes so far.</param>
    public BlobContent(Stream blob, long from, long length, Action<long> sent)
    {
        this.blob = blob;
        this.from = from;
        this.length = length;
        this.sent = sent;
        Headers.ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue("application/octet-stream");
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        blob.Position = from;
        byte[] buffer = new byte[32 * 1024];
        long done = 0;
        while (done < length)
        {
            int read = blob.Read(buffer, 0, (int)Math.Min(buffer.Length, length - done));
            if (read == 0)
            {
                throw new EndOfStreamException("The blob is shorter than its manifest says.");
            }

            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            done += read;
            sent(done);
        }
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = this.length;
        return true;
    }
}
