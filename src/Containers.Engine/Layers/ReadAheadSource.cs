using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Containers.Engine.Layers;

/// <summary>
/// Decompresses on a thread of its own while the caller unpacks: at most <see cref="Buffers"/> pieces ahead. It bounds what the
/// decompression yields, and shows every byte of it to a tap.
/// </summary>
internal sealed class ReadAheadSource : ChunkSource
{
    private const int Buffers = 6;
    private const int BufferSize = 256 * 1024;
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    private readonly ArchiveInput input;
    private readonly Stream tar;
    private readonly ExtractionLimits limits;
    private readonly ByteTap? tap;
    private readonly BlockingCollection<byte[]> free = new(Buffers);
    private readonly BlockingCollection<(byte[] Buffer, int Length)> full = new(Buffers);
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationToken cancellation;
    private readonly Task worker;
    private byte[]? current;
    private Exception? failure;

    /// <summary>Starts reading.</summary>
    /// <param name="input">The archive as it comes.</param>
    /// <param name="tar">The stream of tar made from it (<see cref="LayerCompression.Open"/>); this object's from here on.</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="tap">Sees every byte of tar once, on the reading thread; or null.</param>
    /// <param name="cancellation">Ends the caller's waiting.</param>
    public ReadAheadSource(ArchiveInput input, Stream tar, ExtractionLimits limits, ByteTap? tap, CancellationToken cancellation)
    {
        this.input = input;
        this.tar = tar;
        this.limits = limits;
        this.tap = tap;
        this.cancellation = cancellation;
        for (int i = 0; i < Buffers; i++)
        {
            free.Add(new byte[BufferSize]);
        }

        worker = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Next()
    {
        if (current is not null)
        {
            free.Add(current, CancellationToken.None);
            current = null;
        }

        if (!full.TryTake(out (byte[] Buffer, int Length) piece, Timeout.Infinite, cancellation))
        {
            return failure is null ? default : throw Translate(failure);
        }

        current = piece.Buffer;
        return piece.Buffer.AsMemory(0, piece.Length);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        stopping.Cancel();

        // A read of the caller's stream cannot be interrupted (an idle pipe): it is left to itself after a while. The taps see the flag.
        if (worker.Wait(StopGrace))
        {
            free.Dispose();
            full.Dispose();
            stopping.Dispose();
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Handed to the thread that waits for the data.")]
    private void Work()
    {
        try
        {
            // Only this thread may free the decoder: the caller can be gone while it still works.
            using Stream owned = tar;
            long total = 0;
            while (true)
            {
                byte[] buffer = free.Take(stopping.Token);
                int length = 0;
                int count;
                while (length < buffer.Length && (count = tar.Read(buffer, length, buffer.Length - length)) > 0)
                {
                    stopping.Token.ThrowIfCancellationRequested();
                    length += count;
                }

                if (length == 0)
                {
                    break;
                }

                total += length;
                limits.CheckExpansion(input.BytesRead, total);
                tap?.Invoke(buffer.AsSpan(0, length));
                full.Add((buffer, length), stopping.Token);
            }

            input.Drain();
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        full.CompleteAdding();
    }

    /// <summary>What a failed read means to who wanted the bytes.</summary>
    /// <param name="exception">What the stream threw.</param>
    /// <returns>The exception to throw.</returns>
    internal static Exception Translate(Exception exception) => exception switch
    {
        EngineException engine => new EngineException(engine.Reason, engine.Subject, engine.Message, engine),
        OperationCanceledException canceled => canceled,
        _ when LayerCompression.IsDamage(exception) => ArchiveError.Damaged($"its compressed data does not decompress ({exception.Message.TrimEnd('.')})", exception),
        _ => new EngineException(EngineErrorReason.Storage, "archive", $"Reading the archive failed: {exception.Message}", exception),
    };
}
