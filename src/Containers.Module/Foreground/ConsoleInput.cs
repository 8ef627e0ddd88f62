namespace Containers.Foreground;

/// <summary>Copies the terminal's standard input to a container, for <c>-Interactive</c>.</summary>
internal static class ConsoleInput
{
    private const int ChunkSize = 4096;

    /// <summary>Copies until end-of-file, or until the container reads no more.</summary>
    /// <param name="exchange">Where it goes.</param>
    /// <param name="ended">Cancelled when the container has ended.</param>
    public static void Copy(Exchange exchange, CancellationToken ended)
    {
        new Thread(() =>
        {
            try
            {
                using var console = Console.OpenStandardInput();
                var buffer = new byte[ChunkSize];
                for (var count = console.Read(buffer); count > 0 && !ended.IsCancellationRequested; count = console.Read(buffer))
                {
                    // What is typed is little; the bound is for what a file or a pipe at the session's own input holds.
                    exchange.Offer(buffer[..count]);
                }
            }
            catch (IOException)
            {
                // The terminal is gone: end-of-file for the container.
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
    }
}
