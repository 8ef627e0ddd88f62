using System.Diagnostics;
using System.Net.Sockets;
using Containers.Engine.Images;

namespace Containers.Engine.Tests.Registry;

/// <summary>Registries that break off, stall, are busy, or send something else than they should.</summary>
public sealed class UnreliableRegistryTests : IDisposable
{
    private readonly RegistryFixture fixture = new();
    private readonly ScriptedImage image = new();

    public void Dispose() => fixture.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_layer_whose_connection_breaks_is_gone_on_with_from_where_it_was(bool knowsRanges)
    {
        int layerRequests = 0;
        var froms = new List<int>();
        using ScriptedServer server = Serve(request =>
        {
            if (!image.IsLayer(request))
            {
                return false;
            }

            froms.Add(request.RangeFrom);
            int from = knowsRanges ? request.RangeFrom : 0;
            string[] headers = [$"Content-Length: {image.Layer.Length - from}", $"Content-Range: bytes {from}-{image.Layer.Length - 1}/{image.Layer.Length}"];
            request.Head(from > 0 ? 206 : 200, from > 0 ? headers : headers[..1]);
            int end = layerRequests++ < 3 ? Math.Min(image.Layer.Length, (500_000 * layerRequests) + 17) : image.Layer.Length;
            request.Stream.Write(image.Layer.AsSpan(from, end - from));
            return true;
        });
        ImageInfo received = fixture.Receive($"{server.Host}/app");
        Assert.Equal("hello", fixture.ReadFile(received, 0, "etc/greeting"));
        Assert.Equal([0, 500_017, 1_000_017, 1_500_017], froms);
    }

    [Fact]
    public void A_layer_that_always_breaks_off_ends_after_some_attempts()
    {
        using ScriptedServer server = Serve(request =>
        {
            if (!image.IsLayer(request))
            {
                return false;
            }

            int from = request.RangeFrom;
            request.Head(from > 0 ? 206 : 200, $"Content-Length: {image.Layer.Length - from}", $"Content-Range: bytes {from}-{image.Layer.Length - 1}/{image.Layer.Length}");
            request.Stream.Write(image.Layer.AsSpan(from, 10));
            return true;
        });
        EngineException failure = fixture.ReceiveFails($"{server.Host}/app");
        Assert.Equal(EngineErrorReason.ConnectionFailed, failure.Reason);
        Assert.Equal(fixture.Settings.Attempts, server.Requests.Count(image.IsLayer));
    }

    [Theory]
    [InlineData(429, "Retry-After: 1")]
    [InlineData(503, null)]
    [InlineData(500, null)]
    public void A_busy_registry_is_asked_again(int status, string? header)
    {
        int busy = 0;
        using ScriptedServer server = Serve(request =>
        {
            if (busy++ % 2 == 0)
            {
                request.Answer(status, string.Empty, header is null ? [] : [header]);
                return true;
            }

            return false;
        });
        var watch = Stopwatch.StartNew();
        Assert.NotNull(fixture.Receive($"{server.Host}/app").Name);
        Assert.Equal(6, server.Requests.Count);
        Assert.True(header is null || watch.Elapsed > TimeSpan.FromSeconds(2.5), "the wait that was asked for was not kept");
    }

    [Theory]
    [InlineData("Retry-After: 3600")]
    [InlineData("Retry-After: 99999999999999999999")]
    [InlineData("X: y")]
    public void A_registry_that_allows_no_more_requests_is_reported(string header)
    {
        using ScriptedServer server = Serve(request =>
        {
            request.Answer(429, """{"errors":[{"code":"TOOMANYREQUESTS","message":"slow \u001b[31mdown"}]}""", header);
            return true;
        });
        EngineException failure = fixture.ReceiveFails($"{server.Host}/app");
        Assert.Equal(EngineErrorReason.LimitExceeded, failure.Reason);
        Assert.Contains(@"TOOMANYREQUESTS: slow \x1b[31mdown", failure.Message, StringComparison.Ordinal);
        Assert.Equal(header.Contains("3600", StringComparison.Ordinal) ? 1 : fixture.Settings.Attempts, server.Requests.Count);
    }

    [Fact]
    public void A_registry_that_sends_nothing_more_is_given_up_after_a_while()
    {
        fixture.Settings = fixture.Settings with { StallTimeout = TimeSpan.FromMilliseconds(300), Attempts = 3 };
        using ScriptedServer server = Serve(request =>
        {
            if (!image.IsLayer(request))
            {
                return false;
            }

            request.Head(200, $"Content-Length: {image.Layer.Length}");
            request.Stream.Write(image.Layer.AsSpan(0, 100_000));
            request.Hang();
            return true;
        });
        var watch = Stopwatch.StartNew();
        EngineException failure = fixture.ReceiveFails($"{server.Host}/app");
        Assert.Equal(EngineErrorReason.Timeout, failure.Reason);
        Assert.Equal(3, server.Requests.Count(image.IsLayer));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.9, 20);
    }

    [Fact]
    public void A_registry_that_sends_a_byte_now_and_then_is_given_up_too()
    {
        fixture.Settings = fixture.Settings with { StallTimeout = TimeSpan.FromMilliseconds(500), Attempts = 2 };
        using ScriptedServer server = Serve(request =>
        {
            if (!image.IsLayer(request))
            {
                return false;
            }

            request.Head(200, $"Content-Length: {image.Layer.Length}");
            for (int i = 0; i < 1000 && !TestContext.Current.CancellationToken.IsCancellationRequested; i++)
            {
                request.Stream.Write(image.Layer.AsSpan(i, 1));
                Thread.Sleep(50);
            }

            return true;
        });
        EngineException failure = fixture.ReceiveFails($"{server.Host}/app");
        Assert.Equal(EngineErrorReason.Timeout, failure.Reason);
        Assert.Equal(2, server.Requests.Count(image.IsLayer));
    }

    [Fact]
    public void A_registry_that_never_answers_is_given_up_at_once()
    {
        fixture.Settings = fixture.Settings with { StallTimeout = TimeSpan.FromMilliseconds(500) };
        using ScriptedServer server = Serve(request =>
        {
            request.Hang();
            return true;
        });
        Assert.Equal(EngineErrorReason.Timeout, fixture.ReceiveFails($"{server.Host}/app").Reason);
        Assert.Single(server.Requests);
    }

    [Fact]
    public void A_cancelled_pull_does_not_wait_for_a_stalled_registry()
    {
        using var source = new CancellationTokenSource();
        using ScriptedServer server = Serve(request =>
        {
            if (!image.IsLayer(request))
            {
                return false;
            }

            request.Head(200, $"Content-Length: {image.Layer.Length}");
            source.Cancel();
            request.Hang();
            return true;
        });
        var watch = Stopwatch.StartNew();
        EngineException failure = RegistryFixture.Fails(() => fixture.Open().Receive($"{server.Host}/app", null, null, source.Token));
        Assert.Equal(EngineErrorReason.Canceled, failure.Reason);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"it took {watch.Elapsed}");
        fixture.AssertEmpty();
    }

    [Fact]
    public void Tags_are_read_over_all_pages_and_no_page_leads_elsewhere()
    {
        using ScriptedServer server = Serve(request =>
        {
            bool isSecond = request.Target.Contains("last=b", StringComparison.Ordinal);
            request.Answer(200, isSecond ? """{"tags":["c","a"]}""" : """{"tags":["a","b"]}""", isSecond ? "X: y" : """Link: </v2/team/app/tags/list?last=b&n=2>; rel="next" """);
            return true;
        });
        Assert.Equal(["a", "b", "c"], fixture.Open().FindTags($"{server.Host}/team/app", TestContext.Current.CancellationToken));

        using ScriptedServer astray = Serve(request =>
        {
            request.Answer(200, """{"tags":["a"]}""", $"""Link: <http://{server.Host}/v2/team/app/tags/list?last=b>; rel="next" """);
            return true;
        });
        Assert.Equal(EngineErrorReason.InvalidData, RegistryFixture.Fails(() => fixture.Open().FindTags($"{astray.Host}/team/app", TestContext.Current.CancellationToken)).Reason);

        using ScriptedServer endless = Serve(request =>
        {
            request.Answer(200, """{"tags":["a"]}""", """Link: </v2/team/app/tags/list?last=a>; rel="next" """);
            return true;
        });
        Assert.Equal(EngineErrorReason.LimitExceeded, RegistryFixture.Fails(() => fixture.Open().FindTags($"{endless.Host}/team/app", TestContext.Current.CancellationToken)).Reason);

        using ScriptedServer wrong = Serve(request =>
        {
            request.Answer(200, """{"tags":["a","\u001b[2Jb"]}""");
            return true;
        });
        Assert.Equal(EngineErrorReason.InvalidData, RegistryFixture.Fails(() => fixture.Open().FindTags($"{wrong.Host}/team/app", TestContext.Current.CancellationToken)).Reason);
    }

    [Fact]
    public void What_is_no_HTTP_server_is_reported()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var answering = new Thread(() =>
        {
            for (int i = 0; i < 2; i++)
            {
                using TcpClient client = listener.AcceptTcpClient();
                NetworkStream stream = client.GetStream();
                stream.Write("SSH-2.0-OpenSSH_9.2\r\n"u8);
                _ = stream.Read(new byte[4096]);
            }
        });
        answering.Start();
        EngineException failure = fixture.ReceiveFails($"{listener.LocalEndpoint}/app");
        Assert.Equal(EngineErrorReason.ConnectionFailed, failure.Reason);
        Assert.Contains("does not answer as a registry does", failure.Message, StringComparison.Ordinal);
        Assert.True(answering.Join(TimeSpan.FromSeconds(10)));
    }

    private ScriptedServer Serve(Func<ScriptedRequest, bool> script) => new(request =>
    {
        if (!script(request))
        {
            image.Serve(request);
        }
    });
}
