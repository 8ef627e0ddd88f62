using Containers.Engine.Images;
using Containers.Engine.Tests.Runtime;

namespace Containers.Engine.Tests.Images;

/// <summary>
/// A session killed at every single step of its work on images: strace(1) sends SIGKILL at the Nth call of a kind that one of its threads makes, for every N
/// until nothing is killed any more. The next session uses the store without repair: what was there is whole, what was on its way is there whole or not at all,
/// and nothing of it stays behind.
/// </summary>
public sealed class KilledImageWorkTests(EngineFixture fixture, ITestOutputHelper output) : IClassFixture<EngineFixture>
{
    private const int MostSteps = 200;

    /// <param name="calls">By which the session makes, changes or removes something.</param>
    [Theory]
    [InlineData("mkdirat")]
    [InlineData("pwrite64")]
    [InlineData("linkat")]
    [InlineData("renameat2")]
    [InlineData("unlinkat")]
    [InlineData("fsync")]
    [InlineData("syncfs")]
    [InlineData("flock")]
    [InlineData("utimensat")]
    public void A_session_killed_at_any_step_leaves_a_store_that_the_next_one_uses(string calls)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed");
        ImageStore store = fixture.Engine.Images;
        int step = 1;
        do
        {
            if (!store.List().Any(image => image.Name == "base:latest"))
            {
                _ = store.TakeIn([ImagesToKill.Base], null, CancellationToken.None);
            }
        }
        while (SessionKiller.Kill(fixture, nameof(SessionToKill.WorkOnImages), fixture.Root, calls, step, withChildren: true) && RequireWhole($"{calls} {step}") && ++step < MostSteps);

        output.WriteLine($"killed at {step - 1} steps");
        Assert.True(step is > 1 and < MostSteps, $"{step - 1} kills: it is not what was to be tested");
        RequireWhole("at the end");
    }

    private bool RequireWhole(string when)
    {
        ImageStore store = fixture.Engine.Images;
        foreach (ImageInfo image in store.List().Where(image => !image.IsBuiltIn))
        {
            ImageCheck check = store.Test(image.Name ?? image.Id, CancellationToken.None);
            Assert.True(check.Problems.Count == 0, $"{when}: {image.Name}: {string.Join("; ", check.Problems)}");
            Assert.Equal(image.Layers.Count, store.LayerFolders(image).Count);
        }

        Assert.Contains(store.List(), image => image.Name == "base:latest");
        store.Sweep();
        Assert.True(store.Survey().SizeOfOrphans() == 0 && store.SizeOfAbandoned() == 0, $"{when}: something stays behind");
        ImageInfo app = store.TakeIn([ImagesToKill.App], null, CancellationToken.None)[0];
        Assert.Equal("top", File.ReadAllText($"{store.LayerFolders(app)[2]}/etc/top"));
        foreach (ImageInfo image in store.List().Where(image => image.Id == app.Id))
        {
            store.Remove(image.Name ?? image.Id, force: false);
        }

        Assert.Equal(["blobs", "index.json", "oci-layout"], Directory.GetFileSystemEntries($"{fixture.StateRoot}/images").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        return true;
    }
}
