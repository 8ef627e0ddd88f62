using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http;

namespace Containers.Engine.Registry;

/// <summary>
/// A server's answer. Its body is read with a guard against servers that send next to nothing: in each stretch of waiting as long as the stall
/// time-out some bytes must come.
/// </summary>
internal sealed class RegistryResponse : IDisposable
{
    // Enough to tell a slow line from a server that only keeps the connection open.
    private const int LeastBytes = 1024;

    private readonly HttpResponseMessage message;
    private readonly RegistrySettings settings;
    private CancellationTokenSource? watch;
    private Stream? body;
    private TimeSpan waited;
    private long received;

    /// <summary>Takes over an answer.</summary>
    /// <param name="message">The answer; this object's from here on.</param>
    /// <param name="address">Where it came from.</param>
    /// <param name="server">The server there.</param>
    /// <param name="settings">The settings.</param>
    public RegistryResponse(HttpResponseMessage message, Uri address, RegistryServer server, RegistrySettings settings)
    {
        this.message = message;
        this.settings = settings;
        Address = address;
        Server = server;
    }

    /// <summary>Where it came from, after redirects.</summary>
    public Uri Address { get; }

    /// <summary>The server there.</summary>
    public RegistryServer Server { get; }

    /// <summary>The status.</summary>
    public HttpStatusCode Status => message.StatusCode;

    /// <summary>Whether the status says that it went well.</summary>
    public bool IsSuccess => message.IsSuccessStatusCode;

    /// <summary>The body's length, where it is said.</summary>
    public long? Length => message.Content.Headers.ContentLength;

    /// <summary>The first byte of a part, where the body is one.</summary>
    public long? From => message.Content.Headers.ContentRange?.From;

    /// <summary>The body's media type without parameters; null where none is said.</summary>
    public string? MediaType => message.Content.Headers.ContentType?.MediaType;

    /// <summary>Where the server points to, made absolute.</summary>
    public Uri? Location => message.Headers.Location is { } location && Uri.TryCreate(Address, location, out Uri? absolute)
        && absolute is { Scheme: "http" or "https", UserInfo.Length: 0 } ? absolute : null;

    /// <summary>How long the server asks to wait.</summary>
    public TimeSpan? RetryAfter => message.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - DateTimeOffset.UtcNow,
        _ => null,
    };

    /// <summary>A header's values, joined; null where it is missing.</summary>
    public string? Header(string name) => message.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(',', values)
        : message.Content.Headers.TryGetValues(name, out values) ? string.Join(',', values) : null;

    /// <summary>A header's values one by one.</summary>
    public IReadOnlyList<string> HeaderValues(string name) => message.Headers.TryGetValues(name, out IEnumerable<string>? values) ? [.. values] : [];

    /// <summary>A header that is a whole number.</summary>
    public long? NumberHeader(string name) => long.TryParse(Header(name), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>Reads some of the body.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>How many bytes came; 0 at the end.</returns>
    /// <exception cref="RegistryConnectionException">The connection broke, or too little came.</exception>
    public int Read(Memory<byte> buffer, CancellationToken cancellation)
    {
        if (watch is null || !watch.TryReset())
        {
            watch?.Dispose();
            watch = new CancellationTokenSource();
        }

        using CancellationTokenRegistration passOn = cancellation.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), watch);
        watch.CancelAfter(settings.StallTimeout);
        long started = Stopwatch.GetTimestamp();
        int count;
        try
        {
            body ??= message.Content.ReadAsStream(watch.Token);
            ValueTask<int> reading = body.ReadAsync(buffer, watch.Token);
            count = reading.IsCompleted ? reading.Result : reading.AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw ConnectionErrors.Stalled(Server, settings.StallTimeout, "nothing");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or ObjectDisposedException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw ConnectionErrors.From(failure, Server);
        }

        watch.CancelAfter(Timeout.InfiniteTimeSpan);
        Watch(count, Stopwatch.GetElapsedTime(started));
        return count;
    }

    /// <summary>Reads the whole body, which must be small.</summary>
    /// <param name="largest">The most bytes taken.</param>
    /// <param name="what">What it is, for a message.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="EngineException">LimitExceeded for a larger one.</exception>
    /// <exception cref="RegistryConnectionException">The connection broke, or it took too long.</exception>
    public byte[] ReadDocument(int largest, string what, CancellationToken cancellation)
    {
        if (Length > largest)
        {
            throw TooLong(largest, what);
        }

        long started = Stopwatch.GetTimestamp();
        byte[] buffer = new byte[Length is { } said ? (int)said + 1 : 16 * 1024];
        int length = 0;
        int count;
        while ((count = Read(buffer.AsMemory(length), cancellation)) > 0)
        {
            length += count;
            if (length > largest)
            {
                throw TooLong(largest, what);
            }

            if (Stopwatch.GetElapsedTime(started) > settings.DocumentTimeout)
            {
                throw ConnectionErrors.Stalled(Server, settings.DocumentTimeout, $"no whole {what}");
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, largest + 1));
            }
        }

        return buffer[..length];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        message.Dispose();
        watch?.Dispose();
    }

    private void Watch(int count, TimeSpan took)
    {
        waited += took;
        received += count;
        if (waited < settings.StallTimeout)
        {
            return;
        }

        if (received < LeastBytes && count > 0)
        {
            throw ConnectionErrors.Stalled(Server, settings.StallTimeout, $"{received} bytes");
        }

        waited = TimeSpan.Zero;
        received = 0;
    }

    private EngineException TooLong(int largest, string what) => new(
        EngineErrorReason.LimitExceeded, Server.Host, $"The {what} that {RegistryText.Show(Server.Authority)} sends is longer than {Layers.ByteCount.Show(largest)}. It was not taken.");
}
