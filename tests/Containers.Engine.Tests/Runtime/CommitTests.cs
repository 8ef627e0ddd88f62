using System.Globalization;
using Containers.Engine.Cgroups;
using Containers.Engine.Images;
using Containers.Engine.Layers;
using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Images that are made of containers.</summary>
public sealed class CommitTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    private ContainerEngine Engine => fixture.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void What_a_container_wrote_is_a_layer_over_its_image()
    {
        ImageInfo image = MakeBase();
        ContainerSnapshot container = Ended("echo changed > /etc/motd; rm /data/gone; rm -r /opaque; mkdir /opaque; echo new > /opaque/new; mknod /null c 1 3; ln /etc/motd /hard; chown 7:8 /data/kept; echo x > /tmp/x");
        ImageInfo made = Engine.Commit(container.Id, "made:1", new ImageChanges { Cmd = ["sh", "-c", "echo $GREETING; cat /etc/motd; ls /opaque /data"], Env = Variables("GREETING", "hi") }, cancellation: Cancellation);
        Assert.Equal(("made:1", 2), (made.Name, made.Layers.Count));
        Assert.Equal(image.Layers[0], made.Layers[0]);
        Assert.Equal("hi\nchanged\n/data:\nkept\n\n/opaque:\nnew\n", fixture.Run(new ContainerOptions { Image = "made:1" }).Good());
        Assert.Equal("7:8 2", fixture.Run(new ContainerOptions { Image = "made:1", Command = ["sh", "-c", "echo $(stat -c %u:%g /data/kept) $(stat -c %h /hard)"] }).Good().Trim());
        Assert.Equal(["sh"], Engine.Images.Get("base").Configuration.Cmd);

        // The container is as it was, and can be made into an image again, of which it is no part.
        Assert.Equal(ContainerState.Exited, Engine.Get(container.Id).State);
        ImageInfo again = Engine.Commit(container.Id, null, new ImageChanges(), cancellation: Cancellation);
        Assert.Equal(made.Layers, again.Layers);
        Assert.Null(again.Name);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void Folders_that_the_engine_made_for_the_kernels_file_systems_are_no_part_of_the_image()
    {
        _ = Engine;
        string root = fixture.MakeRoot();
        Engine.Images.Make(root, "bare", new ImageMakingOptions(), cancellation: Cancellation);
        ContainerSnapshot container = Ended("echo x > /written; mkdir /empty", "bare");
        Assert.True(Directory.Exists($"{fixture.StateRoot}/containers/{container.Id}/upper/proc"));
        Assert.Equal(["/empty", "/written"], Engine.Compare(container.Id, withTimes: false, Cancellation).Where(change => change.Kind == FileDifferenceKind.Added).Select(change => change.Path));
        Engine.Commit(container.Id, "made", new ImageChanges(), cancellation: Cancellation);
        string[] added = [.. Engine.Images.Compare("bare", "made", cancellation: Cancellation).Where(change => change.Kind == FileDifferenceKind.Added).Select(change => change.Path)];
        Assert.Equal(["/empty", "/written"], added.Order(StringComparer.Ordinal));
        Assert.Equal("x\n", fixture.Run(new ContainerOptions { Image = "made", Command = ["sh", "-c", "cat /written; test -d /proc/1"] }).Good());
        Engine.Remove(container.Id, force: false, Cancellation);

        // Those of the image are kept, empty as they are.
        foreach (string folder in (string[])["dev", "proc", "sys"])
        {
            Directory.CreateDirectory($"{root}/{folder}");
        }

        Engine.Images.Make(root, "whole", new ImageMakingOptions(), cancellation: Cancellation);
        container = Ended("echo x > /written", "whole");
        Engine.Commit(container.Id, "made", new ImageChanges(), cancellation: Cancellation);
        Assert.Equal(["/written"], Engine.Images.Compare("whole", "made", cancellation: Cancellation).Select(change => change.Path));
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void An_image_of_an_image_of_a_container_has_a_layer_more()
    {
        MakeBase();
        string name = "base";
        for (int i = 0; i < 4; i++)
        {
            ContainerSnapshot container = Ended($"echo {i} > /data/{i}; rm -f /data/{i - 2}", name);
            name = $"step:{i}";
            Assert.Equal(i + 2, Engine.Commit(container.Id, name, new ImageChanges { Comment = name }, cancellation: Cancellation).Layers.Count);
            Engine.Remove(container.Id, force: false, Cancellation);
        }

        Assert.Equal("2\n3\ngone\nkept\n", fixture.Run(new ContainerOptions { Image = name, Command = ["ls", "/data"] }).Good());
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_running_container_stands_still_while_it_is_read_and_goes_on_then()
    {
        MakeBase();
        ContainerSnapshot container = Engine.Create(new ContainerOptions
        {
            Image = "base",
            Command = ["sh", "-c", "dd if=/dev/urandom of=/data/zzz bs=1M count=30 2>/dev/null; i=0; while :; do i=$((i+1)); echo $i > /data/aaa; echo $i > /data/zzzz; done"],
        });
        Engine.Start(container.Id, Cancellation);
        Assert.True(EngineFixture.Patiently(() => File.Exists($"{fixture.StateRoot}/containers/{container.Id}/upper/data/zzzz")), "it does not count");
        Engine.Commit(container.Id, "live", new ImageChanges(), cancellation: Cancellation);
        string seen = ReadCount(container.Id);
        Assert.True(EngineFixture.Patiently(() => ReadCount(container.Id) != seen), "it does not run any more");

        // The first and the last file that are read differ by the one step that the container was at.
        string[] numbers = fixture.Run(new ContainerOptions { Image = "live", Command = ["sh", "-c", "cat /data/aaa; echo; cat /data/zzzz"] }).Good().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int[] parsed = [.. numbers.Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
        Assert.True(parsed.Length < 2 || parsed[0] - parsed[1] is 0 or 1, string.Join(' ', numbers));
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Kernel", "CgroupV2")]
    public void A_container_that_a_dead_session_left_standing_still_can_be_ended(bool isRemoved)
    {
        MakeBase();
        ContainerSnapshot container = Engine.Create(new ContainerOptions { Image = "base", Command = ["sleep", "1000"] });
        Engine.Start(container.Id, Cancellation);
        using (CgroupManager cgroups = CgroupManager.Detect(fixture.CgroupParent))
        using (ContainerCgroup cgroup = cgroups.Open(container.Id)!)
        {
            cgroup.Freeze();
            Assert.True(cgroup.IsFrozen);
        }

        // It is read as it stands, and left so: another one has stopped it.
        Engine.Commit(container.Id, null, new ImageChanges(), cancellation: Cancellation);
        if (!isRemoved)
        {
            Assert.Equal(137, Engine.Stop(container.Id, null, TimeSpan.FromMilliseconds(100), Cancellation).ExitCode);
        }

        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void A_container_whose_image_has_lost_its_name_keeps_its_base()
    {
        MakeBase();
        ContainerSnapshot container = Ended("echo x > /data/x");
        Engine.Images.Remove("base", force: true);
        Engine.Commit(container.Id, "made", new ImageChanges(), cancellation: Cancellation);
        Engine.Remove(container.Id, force: false, Cancellation);
        Assert.Equal("gone\nkept\nx\n", fixture.Run(new ContainerOptions { Image = "made", Command = ["ls", "/data"] }).Good());
    }

    [Fact]
    public void Containers_without_an_image_of_layers_are_refused()
    {
        ContainerSnapshot host = Engine.Create(new ContainerOptions { Image = "host", Command = ["true"] });
        ContainerSnapshot folder = Engine.Create(new ContainerOptions { RootFileSystem = fixture.MakeRoot(), Command = ["true"] });
        foreach (ContainerSnapshot container in (ContainerSnapshot[])[host, folder])
        {
            EngineException failure = Assert.Throws<EngineException>(() => Engine.Commit(container.Id, "made", new ImageChanges(), cancellation: Cancellation));
            Assert.Equal(EngineErrorReason.NotSupported, failure.Reason);
            Assert.Contains("New-ContainerImage", failure.Message, StringComparison.Ordinal);
            Engine.Remove(container.Id, force: false, Cancellation);
        }

        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => Engine.Commit(host.Id, "made", new ImageChanges(), cancellation: Cancellation)).Reason);
    }

    [Fact]
    public void What_no_layer_can_hold_is_refused_and_leaves_nothing()
    {
        MakeBase();
        ContainerSnapshot container = Ended("echo > /data/.wh.kept");
        int blobs = Blobs();
        Assert.Equal(EngineErrorReason.InvalidData, Assert.Throws<EngineException>(() => Engine.Commit(container.Id, "made", new ImageChanges(), cancellation: Cancellation)).Reason);
        Assert.Equal(EngineErrorReason.InvalidArgument, Assert.Throws<EngineException>(() => Engine.Commit(container.Id, "Not A Name", new ImageChanges(), cancellation: Cancellation)).Reason);
        Assert.Equal(EngineErrorReason.InvalidArgument, Assert.Throws<EngineException>(() => Engine.Commit(container.Id, "host", new ImageChanges(), cancellation: Cancellation)).Reason);
        Assert.Equal(blobs, Blobs());
        Assert.Empty(Directory.GetFileSystemEntries($"{fixture.StateRoot}/staging"));
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    private int Blobs() => Directory.GetFileSystemEntries($"{fixture.StateRoot}/images/blobs/sha256").Length;

    private string ReadCount(string id) => File.ReadAllText($"{fixture.StateRoot}/containers/{id}/upper/data/aaa");

    private ImageInfo MakeBase()
    {
        _ = Engine;
        string root = fixture.MakeRoot();
        foreach (string folder in (string[])["data", "opaque"])
        {
            Directory.CreateDirectory($"{root}/{folder}");
        }

        File.WriteAllText($"{root}/data/gone", "1");
        File.WriteAllText($"{root}/data/kept", "2");
        File.WriteAllText($"{root}/opaque/hidden", "3");
        File.WriteAllText($"{root}/etc/motd", "before\n");
        return Engine.Images.Make(root, "base", new ImageMakingOptions { Changes = new ImageChanges { Cmd = ["sh"] } }, cancellation: Cancellation);
    }

    private ContainerSnapshot Ended(string script, string image = "base")
    {
        ContainerSnapshot container = Engine.Create(new ContainerOptions { Image = image, Command = ["sh", "-ec", script] });
        Engine.Start(container.Id, Cancellation);
        ContainerSnapshot ended = Engine.Wait(container.Id, TimeSpan.FromMinutes(1), Cancellation);
        Assert.Equal(0, ended.ExitCode);
        return ended;
    }

    private static Dictionary<string, string> Variables(string key, string value) => new(StringComparer.Ordinal) { [key] = value };
}
