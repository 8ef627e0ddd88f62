using System.Collections.Concurrent;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Registry;

/// <summary>The real registry program behind a token server, as the public registries are.</summary>
public sealed class TokenRegistryTests : IDisposable
{
    private readonly RegistryFixture fixture = new();
    private readonly TokenServer tokens;
    private readonly RealRegistry registry;

    public TokenRegistryTests()
    {
        tokens = new TokenServer(fixture.Scratch.Path);
        try
        {
            registry = new RealRegistry(fixture.Scratch, tokens: tokens);
        }
        catch
        {
            tokens.Dispose();
            fixture.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        registry.Dispose();
        tokens.Dispose();
        fixture.Dispose();
    }

    [Fact]
    public void Everybody_pulls_what_is_public_and_only_who_is_signed_in_the_rest()
    {
        Import();
        ImageRegistry door = fixture.Open();
        Assert.Equal(EngineErrorReason.AuthenticationFailed, RegistryFixture.Fails(() => Publish("public/app:1.0")).Reason);
        door.Login(registry.Host, RealRegistry.User, RealRegistry.Secret, asPlainText: true, TestContext.Current.CancellationToken);
        string digest = Publish("public/app:1.0");
        Assert.Equal(digest, Publish("private/app:1.0"));
        Assert.True(door.Logout(registry.Host));
        fixture.Store.Remove("app", force: false);

        Assert.Equal(digest, fixture.Receive($"{registry.Host}/public/app:1.0").Digest);
        EngineException failure = RegistryFixture.Fails(() => fixture.Receive($"{registry.Host}/private/app:1.0"));
        Assert.Equal(EngineErrorReason.AuthenticationFailed, failure.Reason);
        Assert.Contains("is not public", failure.Message, StringComparison.Ordinal);
        EngineException wrong = RegistryFixture.Fails(() => door.Login(registry.Host, RealRegistry.User, "wrong", asPlainText: true, TestContext.Current.CancellationToken));
        Assert.Contains("incorrect username or password", wrong.Message, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was kept.", wrong.Message, StringComparison.Ordinal);

        door.Login(registry.Host, RealRegistry.User, RealRegistry.Secret, asPlainText: true, TestContext.Current.CancellationToken);
        Assert.Equal(digest, fixture.Receive($"{registry.Host}/private/app:1.0").Digest);
        Assert.Equal(["1.0"], door.FindTags($"{registry.Host}/private/app", TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_blob_is_mounted_with_a_token_for_both_repositories()
    {
        Import();
        fixture.Open().Login(registry.Host, RealRegistry.User, RealRegistry.Secret, asPlainText: true, TestContext.Current.CancellationToken);
        _ = Publish("private/app:1.0");
        fixture.Store.Remove("app", force: false);
        _ = fixture.Receive($"{registry.Host}/private/app:1.0");
        var stages = new ConcurrentDictionary<string, PublishStage>(StringComparer.Ordinal);
        _ = fixture.Open().Publish(
            $"{registry.Host}/private/app:1.0", $"{registry.Host}/other/app:1.0", new Sink<PublishProgress>(one => stages[one.Layer] = one.Stage), TestContext.Current.CancellationToken);
        Assert.All(stages.Values, stage => Assert.Equal(PublishStage.Mounted, stage));
        Assert.Contains(tokens.Requests, request => request.Target.Contains("other%2Fapp%3Apull%2Cpush", StringComparison.Ordinal) && request.Target.Contains("private%2Fapp%3Apull", StringComparison.Ordinal));
    }

    private string Publish(string target) => fixture.Open().Publish(fixture.Store.List()[1].Id, $"{registry.Host}/{target}", null, TestContext.Current.CancellationToken);

    private void Import()
    {
        using var archive = new MemoryStream(new TarBuilder().Folder("./").File("./greeting", "hello").End());
        _ = fixture.Store.Make(archive, "app", new ImageMakingOptions(), null, TestContext.Current.CancellationToken);
    }
}
