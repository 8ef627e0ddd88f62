using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Containers.Engine.Tests.Registry;

/// <summary>
/// An HTTP server of the tests, as hostile as they want it: each request is given to a script with the raw connection. Each connection serves one request.
/// </summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> connections = [];
    private readonly CancellationTokenSource ending = new();
    private readonly Action<ScriptedRequest> script;

    public ScriptedServer(Action<ScriptedRequest> script)
    {
        this.script = script;
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public int Port { get; }

    public string Host => $"127.0.0.1:{Port}";

    /// <summary>What was asked, in order: method, path with query, and headers.</summary>
    public ConcurrentQueue<ScriptedRequest> Requests { get; } = new();

    public CancellationToken Ending => ending.Token;

    public int Count(string method, string pathStart) =>
        Requests.Count(request => request.Method == method && request.Target.StartsWith(pathStart, StringComparison.Ordinal));

    public void Dispose()
    {
        ending.Cancel();
        listener.Stop();
        foreach (TcpClient connection in connections)
        {
            connection.Dispose();
        }

        ending.Dispose();
    }

    private void Accept()
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                TcpClient client = listener.AcceptTcpClient();
                connections.Add(client);
                new Thread(() => Serve(client)) { IsBackground = true }.Start();
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private void Serve(TcpClient client)
    {
        try
        {
            using (client)
            {
                NetworkStream stream = client.GetStream();

                // A client that begins with TLS is refused: this server speaks none.
                if (ReadHead(stream) is { } head && ScriptedRequest.Parse(head, stream, this) is { } request)
                {
                    Requests.Enqueue(request);
                    script(request);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The other side has gone.
        }
    }

    private static string? ReadHead(Stream stream)
    {
        var head = new StringBuilder();
        while (head.Length < 65536)
        {
            int next = stream.ReadByte();
            if (next < 0 || (head.Length == 0 && next == 0x16))
            {
                return null;
            }

            head.Append((char)next);
            if (next == '\n' && head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                return head.ToString();
            }
        }

        return null;
    }
}

/// <summary>A request to a <see cref="ScriptedServer"/>, and the connection to answer on.</summary>
internal sealed class ScriptedRequest
{
    private readonly ScriptedServer server;

    private ScriptedRequest(ScriptedServer server, string method, string target, Dictionary<string, string> headers, byte[] body, Stream stream)
    {
        this.server = server;
        Method = method;
        Target = target;
        Headers = headers;
        Body = body;
        Stream = stream;
    }

    public string Method { get; }

    public string Target { get; }

    public IReadOnlyDictionary<string, string> Headers { get; }

    public byte[] Body { get; }

    public Stream Stream { get; }

    public string? Authorization => Headers.GetValueOrDefault("authorization");

    /// <summary>The first byte that the client asks for.</summary>
    public int RangeFrom => Headers.TryGetValue("range", out string? range) ? int.Parse(range["bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture) : 0;

    public static ScriptedRequest? Parse(string head, Stream stream, ScriptedServer server)
    {
        string[] lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] first = lines[0].Split(' ');
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0].ToLowerInvariant(), pair => pair[1].Trim(), StringComparer.Ordinal);
        byte[] body = new byte[headers.TryGetValue("content-length", out string? length) ? int.Parse(length, System.Globalization.CultureInfo.InvariantCulture) : 0];
        stream.ReadExactly(body);
        return first.Length == 3 ? new ScriptedRequest(server, first[0], first[1], headers, body, stream) : null;
    }

    /// <summary>Sends a head; the body follows by <see cref="Stream"/>.</summary>
    public void Head(int status, params string[] headers) =>
        Stream.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} Status\r\nConnection: close\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n"));

    /// <summary>Answers whole.</summary>
    public void Answer(int status, byte[] body, string type = "application/json", params string[] headers)
    {
        Head(status, [$"Content-Type: {type}", $"Content-Length: {body.Length}", .. headers]);
        if (Method != "HEAD")
        {
            Stream.Write(body);
        }
    }

    public void Answer(int status, string body = "", params string[] headers) => Answer(status, Encoding.UTF8.GetBytes(body), "application/json", headers);

    /// <summary>Leaves the client waiting until the server ends.</summary>
    public void Hang() => server.Ending.WaitHandle.WaitOne(TimeSpan.FromSeconds(30));
}
