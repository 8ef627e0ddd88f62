using Containers.Engine.Images;
using Containers.Engine.Images.Archives;
using Containers.Engine.Layers;
using Containers.Engine.Runtime;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Copying;

/// <summary>Containers' root file systems as archives, and what containers have changed.</summary>
public sealed class ContainerExportTests : IDisposable
{
    private const string Script = "echo changed > /etc/motd; rm /data/gone; rm -r /opaque; mkdir /opaque; echo new > /opaque/new; ln /etc/motd /hard; chown 7:8 /data/kept; echo v > /vol/v; touch /ready; sleep 1000";
    private readonly EngineFixture fixture = new();

    private ContainerEngine Engine => fixture.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void An_export_is_what_the_container_sees_without_its_volumes_and_is_imported_again()
    {
        foreach (bool isRunning in (bool[])[true, false])
        {
            string id = Start();
            if (!isRunning)
            {
                Engine.Stop(id, 9, TimeSpan.Zero, Cancellation);
            }

            string path = $"{fixture.Root}/export-{isRunning}.tar";
            Engine.Export(id, path, force: false, null, Cancellation);
            Assert.Equal(EngineErrorReason.AlreadyExists, Assert.Throws<EngineException>(() => Engine.Export(id, path, force: false, null, Cancellation)).Reason);
            Engine.Remove(id, force: true, Cancellation);
            using FileStream archive = File.OpenRead(path);
            new ImageArchives(Engine.Images).Import(archive, new ImageImportOptions { Name = "flat" }, null, Cancellation);
            RunResult seen = fixture.Run(new ContainerOptions
            {
                Image = "flat",
                Command = ["sh", "-c", "cat /etc/motd; ls /opaque /data /vol; echo $(stat -c %u:%g /data/kept) $(stat -c %h /hard)"],
            });
            Assert.Equal("changed\n/data:\nkept\n\n/opaque:\nnew\n\n/vol:\n7:8 2\n", seen.Good());
        }
    }

    [Fact]
    [Trait("Peer", "docker")]
    public void Docker_imports_an_export()
    {
        string id = Start();
        using var scratch = new ScratchFolder();
        Engine.Export(id, $"{scratch.Path}/export.tar", force: false, null, Cancellation);
        Engine.Remove(id, force: true, Cancellation);
        using var docker = new DockerDaemon(scratch);
        Assert.Equal("changed\n", docker.Shell("docker import export.tar flat >/dev/null; docker create --name cc --network none flat sh >/dev/null; docker cp cc:/etc/motd - | tar -xO"));
    }

    [Fact]
    public void An_export_that_is_ended_leaves_nothing()
    {
        string id = Start();
        using var ending = new CancellationTokenSource();
        ending.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Engine.Export(id, $"{fixture.Root}/export.tar", force: false, null, ending.Token));
        Assert.Empty(Directory.GetFiles(fixture.Root, "*export*"));
        Engine.Remove(id, force: true, Cancellation);
    }

    [Fact]
    public void A_comparison_tells_what_the_container_has_added_changed_and_removed()
    {
        string id = Start();
        foreach (bool isRunning in (bool[])[true, false])
        {
            string[] found = [.. Engine.Compare(id, cancellation: Cancellation).Select(one => $"{one.Kind} {one.Path} {one.Aspects}")];
            Assert.Equal(
                [
                    "Removed /data/gone None", "Changed /data/kept Owner", "Changed /etc/motd Content, Time", "Added /hard None", "Removed /opaque/hidden None", "Added /opaque/new None", "Added /ready None",
                    "Added /vol None",
                ],
                found);
            Assert.Contains(Engine.Compare(id, withTimes: true, Cancellation), one => one.Path == "/data" && one.Aspects == FileAspects.Time);
            if (isRunning)
            {
                Engine.Stop(id, 9, TimeSpan.Zero, Cancellation);
            }
        }

        Engine.Remove(id, force: true, Cancellation);
    }

    [Fact]
    public void A_container_of_a_folder_has_nothing_to_be_compared_with()
    {
        ContainerSnapshot container = Engine.Create(new ContainerOptions { RootFileSystem = fixture.MakeRoot(), Command = ["true"] });
        Assert.Equal(EngineErrorReason.NotSupported, Assert.Throws<EngineException>(() => Engine.Compare(container.Id, cancellation: Cancellation).Any()).Reason);
        Engine.Export(container.Id, $"{fixture.Root}/folder.tar", force: false, null, Cancellation);
        Assert.True(new FileInfo($"{fixture.Root}/folder.tar").Length > 100_000);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    private string Start()
    {
        if (!Directory.Exists($"{fixture.Root}/rootfs"))
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
            Engine.Images.Make(root, "base", new ImageMakingOptions { Changes = new ImageChanges { Cmd = ["sh"] } }, cancellation: Cancellation);
        }

        ContainerSnapshot container = Engine.Create(new ContainerOptions
        {
            Image = "base", Command = ["sh", "-ec", Script], Volumes = [new BindMount(fixture.MakeFolder("vol"), "/vol", false)],
        });
        Engine.Start(container.Id, Cancellation);
        Assert.True(EngineFixture.Patiently(() => File.Exists($"{fixture.StateRoot}/containers/{container.Id}/upper/ready")), "the container does not get ready");
        return container.Id;
    }
}
