using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Engine.Tests.Registry;

/// <summary>Token servers, and registries that want the credentials of others.</summary>
public sealed class AuthenticationTests : IDisposable
{
    private static readonly string Basic = "Basic " + Convert.ToBase64String("me:se:cret"u8);
    private readonly RegistryFixture fixture = new();
    private readonly ScriptedImage image = new(size: 100_000);

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void An_anonymous_token_is_fetched_for_the_repository_and_used_until_it_expires()
    {
        using ScriptedServer tokens = new(request => request.Answer(200, """{"token":"abc","expires_in":300}"""));
        using ScriptedServer server = Serve(tokens, "Bearer abc");
        Assert.NotNull(fixture.Receive($"{server.Host}/team/app").Name);
        ScriptedRequest asked = Assert.Single(tokens.Requests);
        Assert.Equal("/token?service=registry.example&scope=repository%3Ateam%2Fapp%3Apull", asked.Target);
        Assert.Null(asked.Authorization);
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public void A_token_that_expires_soon_is_fetched_again()
    {
        int given = 0;
        using ScriptedServer tokens = new(request => request.Answer(200, $$"""{"access_token":"abc{{++given}}","expires_in":1}"""));
        using ScriptedServer server = new(request =>
        {
            // Each token is good for one request.
            if (request.Authorization != $"Bearer abc{given}" || given == 0 || request.Headers.ContainsKey("x"))
            {
                request.Answer(401, string.Empty, $"WWW-Authenticate: Bearer realm=\"http://{tokens.Host}/token\"");
                return;
            }

            image.Serve(request);
            given++;
        });
        Assert.NotNull(fixture.Receive($"{server.Host}/team/app").Name);
        Assert.Equal(3, tokens.Requests.Count);
    }

    [Fact]
    public void Credentials_go_to_the_token_server_and_only_the_token_to_the_registry()
    {
        using ScriptedServer tokens = new(request => request.Answer(request.Authorization == Basic ? 200 : 401, """{"token":"abc"}"""));
        using ScriptedServer server = Serve(tokens, "Bearer abc");
        fixture.Credentials.Save(server.Host, "me", "se:cret", asPlainText: true);
        Assert.NotNull(fixture.Receive($"{server.Host}/team/app").Name);
        Assert.Equal(Basic, Assert.Single(tokens.Requests).Authorization);
        Assert.DoesNotContain(server.Requests, request => request.Authorization == Basic);
    }

    [Fact]
    public void An_identity_token_is_exchanged_by_a_form_and_never_shown_in_an_address()
    {
        using ScriptedServer tokens = new(request => request.Answer(200, """{"access_token":"abc"}"""));
        using ScriptedServer server = Serve(tokens, "Bearer abc");
        fixture.WriteCredentials(new { auths = new Dictionary<string, object> { [server.Host] = new { auth = "", identitytoken = "my identity" } } });
        Assert.NotNull(fixture.Receive($"{server.Host}/team/app").Name);
        ScriptedRequest asked = Assert.Single(tokens.Requests);
        Assert.Equal(("POST", "/token"), (asked.Method, asked.Target));
        Assert.Equal("service=registry.example&grant_type=refresh_token&client_id=containers&refresh_token=my+identity&scope=repository%3Ateam%2Fapp%3Apull", Encoding.ASCII.GetString(asked.Body));
    }

    [Theory]
    [InlineData(401, "{}")]
    [InlineData(403, """{"errors":[{"code":"DENIED","message":"no"}]}""")]
    [InlineData(200, "{}")]
    [InlineData(200, "no json")]
    [InlineData(200, """{"token":"with\nnewline"}""")]
    public void A_token_server_that_gives_no_token_is_reported(int status, string answer)
    {
        using ScriptedServer tokens = new(request => request.Answer(status, answer));
        using ScriptedServer server = Serve(tokens, "Bearer abc");
        Assert.Equal(EngineErrorReason.AuthenticationFailed, fixture.ReceiveFails($"{server.Host}/team/app").Reason);
    }

    [Theory]
    [InlineData("http://tokens.example/token")]
    [InlineData("ftp://127.0.0.1/token")]
    [InlineData("http://me:pw@127.0.0.1/token")]
    [InlineData("file:///etc/passwd")]
    [InlineData("")]
    public void No_credentials_are_sent_to_a_token_server_that_is_not_protected(string realm)
    {
        using ScriptedServer server = new(request => request.Answer(401, string.Empty, $"WWW-Authenticate: Bearer realm=\"{realm}\",service=\"x\""));
        fixture.Credentials.Save(server.Host, "me", "se:cret", asPlainText: true);
        Assert.Equal(EngineErrorReason.AuthenticationFailed, fixture.ReceiveFails($"{server.Host}/team/app").Reason);
    }

    [Fact]
    public void A_token_server_that_redirects_to_another_host_does_not_get_the_credentials_there()
    {
        using ScriptedServer thief = new(request => request.Answer(200, """{"token":"abc"}"""));
        using ScriptedServer tokens = new(request => request.Answer(307, string.Empty, $"Location: http://{thief.Host}/token"));
        using ScriptedServer server = Serve(tokens, "Bearer abc");
        fixture.Credentials.Save(server.Host, "me", "se:cret", asPlainText: true);
        _ = fixture.Receive($"{server.Host}/team/app");
        Assert.Equal(Basic, Assert.Single(tokens.Requests).Authorization);
        Assert.Null(Assert.Single(thief.Requests).Authorization);
    }

    [Fact]
    public void A_redirect_to_another_host_gets_neither_password_nor_token_even_when_it_asks_and_comes_back()
    {
        ScriptedServer? server = null;
        using ScriptedServer storage = new(request =>
        {
            // The other host sends the client back to the registry: the credentials stay away from there on.
            if (request.Target == "/back")
            {
                request.Answer(307, string.Empty, $"Location: http://{server!.Host}/public");
                return;
            }

            request.Answer(200, image.Layer, "application/octet-stream");
        });
        using ScriptedServer own = new(request =>
        {
            if (request.Target != "/public" && request.Authorization != Basic)
            {
                request.Answer(401, string.Empty, "WWW-Authenticate: Basic realm=\"x\"");
            }
            else if (image.IsLayer(request))
            {
                request.Answer(307, string.Empty, $"Location: http://{storage.Host}/back");
            }
            else if (request.Target == "/public")
            {
                request.Answer(307, string.Empty, $"Location: http://{storage.Host}/blob");
            }
            else
            {
                image.Serve(request);
            }
        });
        server = own;
        fixture.Credentials.Save(own.Host, "me", "se:cret", asPlainText: true);
        Assert.NotNull(fixture.Receive($"{own.Host}/team/app").Name);
        Assert.Equal(2, storage.Requests.Count);
        Assert.All(storage.Requests, request => Assert.Null(request.Authorization));
        Assert.Null(Assert.Single(own.Requests, request => request.Target == "/public").Authorization);

        using ScriptedServer asking = new(request => request.Answer(401, string.Empty, "WWW-Authenticate: Basic realm=\"x\""));
        using ScriptedServer luring = new(request => request.Answer(307, string.Empty, $"Location: http://{asking.Host}/x"));
        fixture.Credentials.Save(luring.Host, "me", "se:cret", asPlainText: true);
        Assert.Equal(EngineErrorReason.AuthenticationFailed, RegistryFixture.Fails(() => fixture.Receive($"{luring.Host}/team/app")).Reason);
        Assert.All(asking.Requests, request => Assert.Null(request.Authorization));
    }

    [Fact]
    public void An_address_that_a_layer_names_gets_neither_credentials_nor_a_request__not_seen_to_succeed_without_it()
    {
        using ScriptedServer thief = new(request => request.Answer(401, string.Empty, "WWW-Authenticate: Basic realm=\"x\""));
        bool hasLayer = true;
        using ScriptedServer server = new(request =>
        {
            if (request.Authorization != Basic)
            {
                request.Answer(401, string.Empty, "WWW-Authenticate: Basic realm=\"x\"");
            }
            else if (image.IsLayer(request) && !hasLayer)
            {
                request.Answer(404);
            }
            else
            {
                image.Serve(request);
            }
        });
        image.Manifest = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(image.Manifest).Replace("\"layers\":[{", $"\"layers\":[{{\"urls\":[\"http://{thief.Host}/layer\"],", StringComparison.Ordinal));
        fixture.Credentials.Save(server.Host, "me", "se:cret", asPlainText: true);
        string name = fixture.Receive($"{server.Host}/app").Name!;
        Assert.Contains(thief.Host, Encoding.UTF8.GetString(image.Manifest), StringComparison.Ordinal);
        fixture.Store.Remove(name, force: false);
        hasLayer = false;
        _ = fixture.ReceiveFails(name);
        Assert.Empty(thief.Requests);
    }

    [Fact]
    public void Redirects_without_end_or_to_what_is_no_web_address_are_not_followed()
    {
        using ScriptedServer circle = new(request => request.Answer(302, string.Empty, "Location: /v2/again"));
        Assert.Equal(EngineErrorReason.InvalidData, fixture.ReceiveFails($"{circle.Host}/app").Reason);
        Assert.Equal(6, circle.Requests.Count);
        using ScriptedServer file = new(request => request.Answer(302, string.Empty, "Location: file:///etc/shadow"));
        Assert.Equal(EngineErrorReason.InvalidData, fixture.ReceiveFails($"{file.Host}/app").Reason);
    }

    [Fact]
    public void The_credentials_of_one_registry_are_not_those_of_another_on_the_same_machine()
    {
        using ScriptedServer other = new(request => request.Answer(401, string.Empty, "WWW-Authenticate: Basic realm=\"x\""));
        fixture.Credentials.Save("127.0.0.1", "me", "se:cret", asPlainText: true);
        fixture.Credentials.Save("127.0.0.1:1", "me", "se:cret", asPlainText: true);
        Assert.Equal(EngineErrorReason.AuthenticationFailed, fixture.ReceiveFails($"{other.Host}/app").Reason);
        Assert.All(other.Requests, request => Assert.Null(request.Authorization));
    }

    [Fact]
    public void A_mirror_does_not_get_the_credentials_of_the_registry()
    {
        using ScriptedServer mirror = new(request => request.Answer(401, string.Empty, "WWW-Authenticate: Basic realm=\"x\""));
        using ScriptedServer server = new(request =>
        {
            if (request.Authorization == Basic)
            {
                image.Serve(request);
            }
            else
            {
                request.Answer(401, string.Empty, "WWW-Authenticate: Basic realm=\"x\"");
            }
        });
        fixture.Configure(server.Host, new RegistryHostSettings { Mirrors = [mirror.Host] });
        fixture.Credentials.Save(server.Host, "me", "se:cret", asPlainText: true);
        Assert.NotNull(fixture.Receive($"{server.Host}/app").Name);
        Assert.NotEmpty(mirror.Requests);
        Assert.All(mirror.Requests, request => Assert.Null(request.Authorization));
    }

    [Fact]
    public void Signing_in_tries_the_credentials_with_the_token_server()
    {
        using ScriptedServer tokens = new(request => request.Answer(request.Authorization == Basic ? 200 : 401, """{"token":"abc"}"""));
        using ScriptedServer server = Serve(tokens, "Bearer abc");
        ImageRegistry door = fixture.Open();
        Assert.Equal(
            EngineErrorReason.AuthenticationFailed,
            RegistryFixture.Fails(() => door.Login(server.Host, "me", "wrong", asPlainText: true, TestContext.Current.CancellationToken)).Reason);
        door.Login(server.Host, "me", "se:cret", asPlainText: true, TestContext.Current.CancellationToken);
        Assert.Equal("se:cret", fixture.Credentials.Find(server.Host)!.Secret);
        using ScriptedServer none = new(request => request.Answer(404));
        Assert.Equal(EngineErrorReason.NotFound, RegistryFixture.Fails(() => door.Login(none.Host, "me", "x", asPlainText: true, TestContext.Current.CancellationToken)).Reason);
    }

    [Theory]
    [InlineData("Bearer realm=\"https://a.example/t\",service=\"s\",scope=\"repository:a/b:pull,push\"", "bearer|realm=https://a.example/t|service=s|scope=repository:a/b:pull,push")]
    [InlineData("bearer REALM = \"x\" , service=y", "bearer|realm=x|service=y")]
    [InlineData("Basic realm=\"a \\\"b\\\"\", Bearer realm=c", "basic|realm=a \"b\"", "bearer|realm=c")]
    [InlineData("Negotiate, Basic realm=x", "negotiate", "basic|realm=x")]
    [InlineData("Bearer realm=\"unfinished", "bearer")]
    [InlineData("")]
    [InlineData("\u0001\u0002")]
    public void A_challenge_is_read_as_the_standard_has_it(string header, params string[] expected) => Assert.Equal(
        expected,
        AuthenticationChallenge.Parse([header]).Select(challenge => string.Join('|', challenge.Parameters.Select(pair => $"{pair.Key}={pair.Value}").Prepend(challenge.Scheme))));

    private ScriptedServer Serve(ScriptedServer tokens, string authorization) => new(request =>
    {
        if (request.Authorization == authorization)
        {
            image.Serve(request);
        }
        else
        {
            request.Answer(401, string.Empty, $"WWW-Authenticate: Bearer realm=\"http://{tokens.Host}/token\",service=\"registry.example\"");
        }
    });
}
