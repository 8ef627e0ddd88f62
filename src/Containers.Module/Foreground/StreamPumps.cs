namespace Containers.Foreground;

/// <summary>The threads at a foreground container's streams.</summary>
internal static class StreamPumps
{
    private const int ChunkSize = 64 * 1024;

    /// <summary>Reads an output stream to its end into an exchange.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="source">The stream.</param>
    /// <param name="exchange">Where it goes.</param>
    /// <param name="isError">Whether it is standard error.</param>
    /// <param name="asBytes">Whether it goes as bytes instead of lines.</param>
    public static void Read(string name, Stream source, Exchange exchange, bool isError, bool asBytes) =>
        Start(name, exchange, () =>
        {
            var decoder = asBytes ? null : new LineDecoder();
            var buffer = new byte[ChunkSize];
            for (var count = source.Read(buffer); count > 0; count = source.Read(buffer))
            {
                if (decoder is null)
                {
                    exchange.Put(new OutputPiece(isError, [], buffer[..count], count));
                }
                else if (decoder.Decode(buffer.AsSpan(0, count)) is { Count: > 0 } lines)
                {
                    exchange.Put(new OutputPiece(isError, lines, null, count));
                }
            }

            if (decoder?.Finish() is { } last)
            {
                exchange.Put(new OutputPiece(isError, [last], null, last.Length));
            }
        });

    /// <summary>Copies an output stream to its end into a file.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="source">The stream.</param>
    /// <param name="file">The file; closed at the end.</param>
    /// <param name="exchange">Told of the end.</param>
    public static void Copy(string name, Stream source, Stream file, Exchange exchange) =>
        Start(name, exchange, () =>
        {
            using (file)
            {
                source.CopyTo(file, ChunkSize);
            }
        });

    /// <summary>Writes the exchange's input to a container's standard input and closes it.</summary>
    /// <param name="exchange">Where it comes from.</param>
    /// <param name="target">The container's standard input.</param>
    public static void Write(Exchange exchange, Stream target) => Run("container stdin", () =>
    {
        try
        {
            using (target)
            {
                while (exchange.TakeInput(out var bytes))
                {
                    target.Write(bytes);
                    target.Flush();
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // EPIPE: the container has ended or closed its input. Native commands drop the rest in silence too.
        }
        finally
        {
            exchange.RefuseInput();
        }
    });

    private static void Start(string name, Exchange exchange, Action work) => Run(name, () =>
    {
        Exception? fault = null;
        try
        {
            work();
        }
#pragma warning disable CA1031 // An exception on a thread of its own would end the process; the pipeline's thread throws it instead.
        catch (Exception e)
#pragma warning restore CA1031
        {
            fault = e;
        }
        finally
        {
            exchange.EndOutput(fault);
        }
    });

    private static void Run(string name, Action work) => new Thread(() => work()) { IsBackground = true, Name = name }.Start();
}
