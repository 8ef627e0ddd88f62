using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Starts that fail say what was attempted, on what and why, and leave nothing (the fixture looks).</summary>
public sealed class LaunchFailureTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_working_directory_with_a_file_in_its_way()
    {
        string root = fixture.MakeRoot();
        EngineException e = Fails(new ContainerOptions { RootFileSystem = root, WorkingDirectory = "/etc/passwd/sub" });
        Assert.Equal((EngineErrorReason.LaunchFailed, Errno.ENOTDIR), (e.Reason, e.Errno));
        Assert.Contains("making the working directory '/etc/passwd/sub'", e.Message, StringComparison.Ordinal);
        Assert.Contains("ENOTDIR", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nobody-here", "no user 'nobody-here'")]
    [InlineData("user:no-group", "no group 'no-group'")]
    [InlineData("4294967296", "range")]
    [InlineData("-1", "'-1'")]
    public void A_user_or_group_that_is_not_there(string user, string told)
    {
        EngineException e = Fails(new ContainerOptions { RootFileSystem = fixture.MakeRoot(), User = user });
        Assert.Equal(EngineErrorReason.LaunchFailed, e.Reason);
        Assert.Contains(told, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_volume_whose_source_is_not_there_or_goes_before_the_start()
    {
        string root = fixture.MakeRoot(), source = fixture.MakeFolder("source");
        EngineException e = Fails(new ContainerOptions { RootFileSystem = root, Volumes = [new BindMount("/no/such/source", "/data", false)] });
        Assert.Equal((EngineErrorReason.NotFound, "/no/such/source"), (e.Reason, e.Subject));

        ContainerSnapshot made = fixture.Engine.Create(
            new ContainerOptions { RootFileSystem = root, Volumes = [new BindMount(source, "/data", false)], Command = ["true"] }, TestContext.Current.CancellationToken);
        Directory.Delete(source);
        e = Assert.Throws<EngineException>(() => fixture.Engine.Start(made.Id, TestContext.Current.CancellationToken));
        Assert.Equal((EngineErrorReason.LaunchFailed, Errno.ENOENT), (e.Reason, e.Errno));
        Assert.Contains($"mounting the volume '{source}' at '/data'", e.Message, StringComparison.Ordinal);
        Assert.Equal(ContainerState.Created, fixture.Engine.Get(made.Id).State);
        fixture.Engine.Remove(made.Id, force: false, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_volume_over_a_file_that_is_a_folder()
    {
        string source = fixture.MakeFolder("source");
        EngineException e = Fails(new ContainerOptions { RootFileSystem = fixture.MakeRoot(), Volumes = [new BindMount(source, "/etc/passwd", false)] });
        Assert.Equal((EngineErrorReason.LaunchFailed, Errno.ENOTDIR), (e.Reason, e.Errno));
    }

    [Fact]
    public void A_file_on_a_folder_is_refused_with_what_is_wrong()
    {
        string root = fixture.MakeRoot();
        var options = new ContainerOptions
        {
            RootFileSystem = root, Command = ["true"], RemoveOnExit = true, Volumes = [new BindMount("/etc/passwd", "/bin", ReadOnly: true)],
        };

        EngineException failure = Assert.Throws<EngineException>(() => fixture.Engine.Run(options, withInput: false, TestContext.Current.CancellationToken));

        Assert.Contains("One of the two is a file and the other a folder", failure.Message, StringComparison.Ordinal);
        Assert.Empty(fixture.Engine.List());
    }

    [Fact]
    public void A_start_that_is_cancelled_before_and_during()
    {
        string root = fixture.MakeRoot();
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => fixture.Engine.Run(Options(root), withInput: false, cancelled.Token));
        for (int milliseconds = 0; milliseconds < 30; milliseconds += 3)
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(milliseconds));
            try
            {
                using ForegroundProcess container = fixture.Engine.Run(Options(root), withInput: false, soon.Token);
                _ = EngineFixture.Finish(container);
            }
            catch (OperationCanceledException)
            {
                // Early enough.
            }

            Assert.Empty(fixture.Engine.List());
        }
    }

    [Theory]
    [InlineData("/proc/x")]
    [InlineData("/proc")]
    [InlineData("/")]
    [InlineData("relative")]
    [InlineData("/dev/../sys")]
    public void A_mount_where_none_may_be(string target)
    {
        EngineException e = Fails(new ContainerOptions { RootFileSystem = fixture.MakeRoot(), Tmpfs = [new TmpfsMount(target)] });
        Assert.Equal(EngineErrorReason.InvalidArgument, e.Reason);
    }

    private static ContainerOptions Options(string root) => new() { RootFileSystem = root, RemoveOnExit = true, Command = ["true"] };

    private EngineException Fails(ContainerOptions options)
    {
        EngineException e = Assert.Throws<EngineException>(() => fixture.Run(options with { Command = ["true"] }));
        Assert.Empty(fixture.Engine.List());
        return e;
    }
}
