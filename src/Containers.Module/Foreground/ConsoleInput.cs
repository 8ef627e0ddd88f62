using Containers.Interop;

namespace Containers.Foreground;

/// <summary>Copies the session's own standard input to a container, for <c>-Interactive</c>.</summary>
internal static class ConsoleInput
{
    private const int ChunkSize = 4096;

    /// <summary>
    /// Copies until end-of-file or the container's end. Nothing is read before the container runs or after it has ended: what
    /// is typed then is the session's.
    /// </summary>
    /// <param name="exchange">Where it goes.</param>
    /// <param name="ended">Cancelled when the container has ended.</param>
    public static void Copy(Exchange exchange, CancellationToken ended) => new Thread(() =>
    {
        try
        {
            using var input = Duplicate();
            using var stream = input.Duplicate().IntoStream(FileAccess.Read);
            var buffer = new byte[ChunkSize];

            // A read that nothing answers could not be taken back at the container's end.
            while (Channels.WaitReadable(input, Timeout.InfiniteTimeSpan, ended) && stream.Read(buffer) is > 0 and var count)
            {
                exchange.Offer(buffer[..count]);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The terminal is gone, or the container: end-of-file either way.
        }
        finally
        {
            exchange.CompleteInput();
        }
    })
    {
        IsBackground = true,
        Name = "container terminal",
    }.Start();

    private static FileDescriptor Duplicate()
    {
        using var standard = new FileDescriptor(0);
        var copy = standard.Duplicate();
        standard.SetHandleAsInvalid();
        return copy;
    }
}
