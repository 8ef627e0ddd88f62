using System.Diagnostics;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Tests.Layers;
using Containers.Engine.Tests.Runtime;

namespace Containers.Engine.Tests.Registry;

/// <summary>
/// A session killed while it receives several layers at once. The next session uses the store without repair: an image that was there is whole, the one on its
/// way is there whole or not at all, and once it has been received the store is file by file what it is without any kill.
/// </summary>
public sealed class KilledPullTests : IClassFixture<EngineFixture>, IDisposable
{
    private const string Before = "before:latest";
    private const int LayerSize = 1_000_000, Layers = 4, MostKills = 100;
    private readonly ScriptedImage image = new(LayerSize, count: Layers);
    private readonly ScratchFolder scratch = new();
    private readonly EngineFixture fixture;
    private readonly ITestOutputHelper output;

    // The image that was there before has the lowest layer of the one to be received.
    public KilledPullTests(EngineFixture fixture, ITestOutputHelper output)
    {
        (this.fixture, this.output) = (fixture, output);
        using var server = new ScriptedServer(new ScriptedImage(LayerSize).Serve);
        string name = Receive(fixture.Engine, $"{server.Host}/before");
        _ = fixture.Engine.Images.AddTag(name, Before);
        fixture.Engine.Images.Remove(name, force: false);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (ImageInfo one in fixture.Engine.Images.List().Where(one => !one.IsBuiltIn))
        {
            fixture.Engine.Images.Remove(one.Name ?? one.Id, force: false);
        }

        scratch.Dispose();
    }

    /// <param name="calls">By which the session receives, keeps, commits or clears away.</param>
    /// <param name="stride">Each how many calls of a thread it is killed.</param>
    [Theory]
    [InlineData("recvfrom,recvmsg", 2)]
    [InlineData("write,pwrite64", 5)]
    [InlineData("renameat2", 3)]
    [InlineData("unlinkat", 3)]
    public void A_session_killed_at_any_step_of_a_pull_leaves_a_store_that_the_next_one_uses(string calls, int stride)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed");
        using var registry = new RealRegistry(scratch);
        string name = $"{registry.Host}/team/app:1.0";
        PutInto(name);
        List<string> unharmed = ListUnharmed(name);
        int kills = 0, step = 1;
        while (SessionKiller.Kill(fixture, nameof(SessionToKill.ReceiveImage), name, calls, step, withChildren: true))
        {
            RequireUsable(name, unharmed, $"{calls} {step}");
            Assert.True(++kills < MostKills, "the session is killed again and again");
            step += stride;
        }

        output.WriteLine($"killed at {kills} steps");
        Assert.True(kills > 0, $"a pull has no {calls}: it is not what was to be tested");
        RequireUsable(name, unharmed, "at the end");
    }

    [Fact]
    public void A_session_killed_while_it_awaits_any_answer_leaves_a_store_that_the_next_one_uses()
    {
        Process? receiving = null;
        int untilKill = 0;
        using var server = new ScriptedServer(request =>
        {
            if (Interlocked.Decrement(ref untilKill) == 0)
            {
                receiving!.Kill();
            }
            else
            {
                image.Serve(request);
            }
        });
        string name = $"{server.Host}/app:latest";
        List<string> unharmed = ListUnharmed(name);
        int kills = -1;
        bool isKilled;
        do
        {
            untilKill = ++kills + 1;
            isKilled = InSession(name, (session, begin) =>
            {
                receiving = session;
                begin();
                Assert.True(session.WaitForExit(TimeSpan.FromMinutes(1)), $"the session hangs at answer {kills + 1}");
                return session.ExitCode != 0;
            });
            untilKill = 0;
            RequireUsable(name, unharmed, $"answer {kills + 1}");
        }
        while (isKilled && kills < MostKills);

        // Manifest, configuration, and the layers that are not there.
        Assert.Equal(2 + Layers - 1, kills);
    }

    [Fact]
    public void A_session_killed_while_layers_come_slowly_leaves_a_store_that_the_next_one_uses()
    {
        bool isSlow = false;
        using var server = new ScriptedServer(request =>
        {
            if (isSlow && image.FindLayer(request) is { } layer)
            {
                Trickle(request, layer);
            }
            else
            {
                image.Serve(request);
            }
        });
        string name = $"{server.Host}/app:latest";
        List<string> unharmed = ListUnharmed(name);
        isSlow = true;
        _ = InSession(name, (session, begin) =>
        {
            begin();
            Assert.True(EngineFixture.Patiently(() => PartsOnDisk().Length == Layers - 1), "the layers do not come");
            using ContainerEngine meanwhile = fixture.OpenAnother();
            meanwhile.Images.Sweep();
            Assert.Equal(Before, Assert.Single(meanwhile.Images.List(), one => !one.IsBuiltIn).Name);
            Assert.Equal(Layers - 1, PartsOnDisk().Length);
            Assert.False(session.HasExited);
            return true;
        });
        isSlow = false;
        Assert.True(fixture.Engine.Images.SizeOfAbandoned() > LayerSize, "nothing was left to be cleared away");
        RequireUsable(name, unharmed, "while layers came");
    }

    private static string Receive(ContainerEngine engine, string name)
    {
        using ImageRegistry registry = engine.OpenRegistry();
        return registry.Receive(name, null, null, Cancellation).Name!;
    }

    // Half of it, and then a byte now and then.
    private static void Trickle(ScriptedRequest request, byte[] layer)
    {
        request.Head(200, $"Content-Length: {layer.Length}");
        request.Stream.Write(layer.AsSpan(0, layer.Length / 2));
        for (int sent = layer.Length / 2; sent < layer.Length; sent++)
        {
            request.Stream.Write(layer.AsSpan(sent, 1));
            Thread.Sleep(10);
        }
    }

    // The session is killed in the end, whatever it has come to.
    private bool InSession(string name, Func<Process, Action, bool> work)
    {
        string shared = fixture.MakeFolder("shared");
        using Process session = SessionToKill.Start(nameof(SessionToKill.ReceiveImage), fixture.ConfigurationPath, name, shared);
        try
        {
            return work(session, () => File.WriteAllText($"{shared}/go", string.Empty));
        }
        finally
        {
            session.Kill();
            session.WaitForExit();
            Directory.Delete(shared, recursive: true);
        }
    }

    private void PutInto(string name)
    {
        using var server = new ScriptedServer(image.Serve);
        using ImageRegistry registry = fixture.Engine.OpenRegistry();
        string source = Receive(fixture.Engine, $"{server.Host}/app");
        _ = registry.Publish(source, name, null, Cancellation);
        fixture.Engine.Images.Remove(source, force: false);
    }

    private string[] PartsOnDisk() =>
        [.. Directory.GetFiles($"{fixture.StateRoot}/staging", "blob", SearchOption.AllDirectories).Where(file => new FileInfo(file).Length > LayerSize / 4)];

    private List<string> ListUnharmed(string name)
    {
        _ = Receive(fixture.Engine, name);
        List<string> files = ListFiles();
        fixture.Engine.Images.Remove(name, force: false);
        return files;
    }

    private List<string> ListFiles() => TreeListing.Of(scratch, fixture.StateRoot, withTimes: false);

    private void RequireUsable(string name, List<string> unharmed, string when)
    {
        using ContainerEngine next = fixture.OpenAnother();
        string[] there = RequireWhole(next.Images, when);
        Assert.True(there.Contains(Before) && there.All(one => one is Before || one == name), $"{when}: there are {string.Join(", ", there)}");
        _ = Receive(next, name);
        Assert.Equal([name, Before], RequireWhole(next.Images, when));
        List<string> files = ListFiles();
        Assert.True(files.SequenceEqual(unharmed), $"{when}: too much: {string.Join("; ", files.Except(unharmed))}; missing: {string.Join("; ", unharmed.Except(files))}");
        next.Images.Remove(name, force: false);
    }

    private static string[] RequireWhole(ImageStore store, string when)
    {
        ImageInfo[] images = [.. store.List().Where(one => !one.IsBuiltIn)];
        foreach (ImageInfo one in images)
        {
            ImageCheck check = store.Test(one.Name ?? one.Id, Cancellation);
            Assert.True(check.Problems.Count == 0, $"{when}: {one.Name}: {string.Join("; ", check.Problems)}");
        }

        return [.. images.Select(one => one.Name ?? one.Id)];
    }
}
