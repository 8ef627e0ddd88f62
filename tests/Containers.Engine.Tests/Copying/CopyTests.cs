using Containers.Engine.Copying;
using Containers.Engine.Images;
using Containers.Engine.Layers;
using Containers.Engine.Runtime;
using Containers.Engine.Tests.Layers;
using Containers.Interop;

namespace Containers.Engine.Tests.Copying;

/// <summary>Files copied into containers and out of them, and what becomes of them on the way.</summary>
public sealed class CopyTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    private ContainerEngine Engine => fixture.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    public enum Kind
    {
        Created,
        Running,
        Exited,
        CreatedInFolder,
        RunningInFolder,
        RemovedAtItsEnd,
    }

    [Theory]
    [InlineData(Kind.Created)]
    [InlineData(Kind.Running)]
    [InlineData(Kind.Exited)]
    [InlineData(Kind.CreatedInFolder)]
    [InlineData(Kind.RunningInFolder)]
    [InlineData(Kind.RemovedAtItsEnd)]
    public void A_tree_comes_back_as_it_went_in(Kind kind)
    {
        string source = MakeTree();
        string id = Make(kind);
        Engine.CopyIn(id, source, "/data", new CopyOptions(), null, Cancellation);
        string back = fixture.MakeFolder("back");
        string made = Engine.CopyOut(id, "/data/tree", back, new CopyOptions { Archive = true }, null, Cancellation);
        Assert.Equal($"{back}/tree", made);
        Assert.Equal(Listing(source), Listing(made));
        Assert.Empty(MountsOfOurs());
        if (kind != Kind.Running && kind != Kind.RunningInFolder)
        {
            // It can be started after, and sees the files.
            Engine.Start(id, Cancellation);
        }

        Engine.Remove(id, force: true, Cancellation);
    }

    [Fact]
    public void A_container_sees_what_was_copied_in_while_it_runs_and_what_it_writes_is_copied_out()
    {
        string id = Make(Kind.Running);
        File.WriteAllText($"{fixture.Root}/motd", "from the host");
        Engine.CopyIn(id, $"{fixture.Root}/motd", "/etc/motd", new CopyOptions(), null, Cancellation);
        Engine.CopyOut(id, "/etc/motd", $"{fixture.Root}/out", new CopyOptions(), null, Cancellation);
        Assert.Equal("from the host", File.ReadAllText($"{fixture.Root}/out"));
        Assert.Equal("from the host", File.ReadAllText($"{fixture.StateRoot}/containers/{id}/upper/etc/motd"));
        Engine.Remove(id, force: true, Cancellation);
    }

    [Theory]
    [InlineData("f", "/tmp", "/tmp/f")]
    [InlineData("f", "/tmp/", "/tmp/f")]
    [InlineData("f", "/tmp/new", "/tmp/new")]
    [InlineData("f", "/data/kept", "/data/kept")]
    [InlineData("d", "/tmp", "/tmp/d/x")]
    [InlineData("d", "/tmp/new", "/tmp/new/x")]
    [InlineData("d/", "/tmp/new/", "/tmp/new/x")]
    [InlineData("d/.", "/tmp", "/tmp/x")]
    [InlineData("d/.", "/tmp/new", "/tmp/new/x")]
    [InlineData("d", "/linked", "/data/d/x")]
    [InlineData("f", "/../..//data/../tmp/./g", "/tmp/g")]
    [InlineData("f", "/", "/f")]
    public void The_destination_is_found_as_docker_finds_it(string source, string destination, string expected)
    {
        foreach (bool isOut in (bool[])[false, true])
        {
            string id = Make(Kind.Created);
            string host = fixture.MakeFolder($"host-{isOut}");
            Directory.CreateDirectory($"{host}/d");
            File.WriteAllText($"{host}/f", "f");
            File.WriteAllText($"{host}/d/x", "x");
            string content = expected.EndsWith('x') ? "x" : "f";
            if (isOut)
            {
                // The same rules the other way.
                string outside = fixture.MakeFolder("outside");
                foreach (string folder in (string[])["tmp", "data"])
                {
                    Directory.CreateDirectory($"{outside}/{folder}");
                }

                File.WriteAllText($"{outside}/data/kept", "2");
                File.CreateSymbolicLink($"{outside}/linked", "data");
                Engine.CopyIn(id, $"{host}/.", "/tmp", new CopyOptions(), null, Cancellation);
                Engine.CopyOut(id, $"/tmp/{source}", outside + destination.Replace("/../..", string.Empty, StringComparison.Ordinal), new CopyOptions(), null, Cancellation);
                Assert.Equal(content, File.ReadAllText(outside + expected));
                Directory.Delete(outside, recursive: true);
            }
            else
            {
                Engine.CopyIn(id, $"{host}/{source}", destination, new CopyOptions(), null, Cancellation);
                Assert.Equal(content, ReadInside(id, expected));
            }

            Engine.Remove(id, force: false, Cancellation);
        }
    }

    [Theory]
    [InlineData("f", "/data", "/data/kept/", EngineErrorReason.InvalidArgument)]
    [InlineData("f", "/", "/nothing/", EngineErrorReason.NotFound)]
    [InlineData("f", "/", "/nothing/f", EngineErrorReason.NotFound)]
    [InlineData("d", "/", "/data/kept", EngineErrorReason.AlreadyExists)]
    [InlineData("f/.", "/", "/tmp", EngineErrorReason.InvalidArgument)]
    [InlineData("nothing", "/", "/tmp", EngineErrorReason.NotFound)]
    [InlineData("f", "/", "/proc/x", EngineErrorReason.NotSupported)]
    [InlineData("f", "/", "/dev/null", EngineErrorReason.NotSupported)]
    [InlineData("f", "/", "/sys", EngineErrorReason.NotSupported)]
    [InlineData("f", "/", "/loop/x", EngineErrorReason.InvalidArgument)]
    public void What_cannot_be_copied_is_refused_with_a_sentence_and_leaves_nothing(string source, string look, string destination, EngineErrorReason reason)
    {
        foreach (Kind kind in (Kind[])[Kind.Created, Kind.Running])
        {
            string id = Make(kind);
            string host = fixture.MakeFolder("host");
            Directory.CreateDirectory($"{host}/d");
            File.WriteAllText($"{host}/f", "f");
            string before = Archive(id, look);
            EngineException failure = Assert.Throws<EngineException>(() => Engine.CopyIn(id, $"{host}/{source}", destination, new CopyOptions(), null, Cancellation));
            Assert.True(failure.Reason == reason, $"{failure.Reason}: {failure.Message}");
            Assert.Equal(before, Archive(id, look));
            Engine.Remove(id, force: true, Cancellation);
        }
    }

    [Fact]
    public void A_file_never_takes_the_place_of_a_folder_or_a_folder_that_of_a_file_or_link()
    {
        string id = Make(Kind.Created);
        string host = fixture.MakeFolder("host");
        Directory.CreateDirectory($"{host}/linked");
        File.WriteAllText($"{host}/linked/x", "x");
        File.WriteAllText($"{host}/data", "f");
        EngineException file = Assert.Throws<EngineException>(() => Engine.CopyIn(id, $"{host}/data", "/", new CopyOptions(), null, Cancellation));
        EngineException link = Assert.Throws<EngineException>(() => Engine.CopyIn(id, $"{host}/linked", "/", new CopyOptions(), null, Cancellation));
        Assert.Equal((EngineErrorReason.AlreadyExists, EngineErrorReason.AlreadyExists), (file.Reason, link.Reason));
        Assert.Equal("2", ReadInside(id, "/data/kept"));
        Engine.Remove(id, force: false, Cancellation);
    }

    [Fact]
    public void What_is_copied_out_is_the_copier_s_and_gives_nobody_his_rights_unless_all_is_kept()
    {
        string id = Make(Kind.Exited, "cp /bin/busybox /data/suid; chown 1000:1000 /data/suid; chmod 6755 /data/suid; mknod -m 666 /data/null c 1 3; chown 5:6 /data/kept; mkdir -m 2777 /data/f");
        Engine.CopyOut(id, "/data", $"{fixture.Root}/plain", new CopyOptions(), null, Cancellation);
        Engine.CopyOut(id, "/data", $"{fixture.Root}/kept", new CopyOptions { Archive = true }, null, Cancellation);
        Assert.Equal((0u, 0u, 0x1ED), OwnerAndMode("plain/suid"));
        Assert.Equal((1000u, 1000u, 0xDED), OwnerAndMode("kept/suid"));
        Assert.Equal((0u, 0u, 0x180), OwnerAndMode("plain/null"));
        Assert.Equal((0u, 0u, 0x1B6), OwnerAndMode("kept/null"));
        Assert.Equal((0u, 0u), (OwnerAndMode("plain/kept").Uid, OwnerAndMode("plain/kept").Gid));
        Assert.Equal((5u, 6u), (OwnerAndMode("kept/kept").Uid, OwnerAndMode("kept/kept").Gid));
        Assert.Equal(0x1FF, OwnerAndMode("plain/f").Mode);
        Engine.Remove(id, force: false, Cancellation);
    }

    [Fact]
    public void A_link_is_copied_as_a_link_or_as_what_it_leads_to()
    {
        string id = Make(Kind.Created);
        Engine.CopyOut(id, "/linked", $"{fixture.Root}/link", new CopyOptions(), null, Cancellation);
        Engine.CopyOut(id, "/linked", $"{fixture.Root}/folder", new CopyOptions { FollowLink = true }, null, Cancellation);
        Assert.Equal("/data", new FileInfo($"{fixture.Root}/link").LinkTarget);
        Assert.Equal("2", File.ReadAllText($"{fixture.Root}/folder/kept"));
        Engine.CopyIn(id, $"{fixture.Root}/link", "/tmp/link", new CopyOptions(), null, Cancellation);
        Engine.CopyIn(id, $"{fixture.Root}/folder/kept", "/tmp/link/new", new CopyOptions(), null, Cancellation);
        Assert.Equal("2", ReadInside(id, "/data/new"));
        Engine.Remove(id, force: false, Cancellation);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Volumes_are_copied_to_and_from_as_the_container_sees_them(bool isRunning)
    {
        MakeBase();
        string writable = fixture.MakeFolder("writable"), fixedFolder = fixture.MakeFolder("fixed");
        File.WriteAllText($"{writable}/a", "a");
        File.WriteAllText($"{fixedFolder}/b", "b");
        File.CreateSymbolicLink($"{writable}/up", "../../data/kept");
        ContainerSnapshot container = Engine.Create(new ContainerOptions
        {
            Image = "base",
            Command = ["sleep", "1000"],
            Volumes = [new BindMount(writable, "/opaque/vol", false), new BindMount(fixedFolder, "/ro", true)],
            Tmpfs = [new TmpfsMount("/mem")],
        });
        if (isRunning)
        {
            Engine.Start(container.Id, Cancellation);
        }

        Assert.Equal("a", ReadInside(container.Id, "/opaque/vol/a"));
        Assert.Equal("2", ReadInside(container.Id, "/opaque/vol/up"));
        Assert.Equal("b", ReadInside(container.Id, "/ro/b"));
        File.WriteAllText($"{fixture.Root}/new", "new");
        Engine.CopyIn(container.Id, $"{fixture.Root}/new", "/opaque/vol/", new CopyOptions(), null, Cancellation);
        Assert.Equal("new", File.ReadAllText($"{writable}/new"));
        EngineException readOnly = Assert.Throws<EngineException>(() => Engine.CopyIn(container.Id, $"{fixture.Root}/new", "/ro/", new CopyOptions(), null, Cancellation));
        Assert.Equal(EngineErrorReason.PermissionDenied, readOnly.Reason);
        Assert.Contains("read-only", readOnly.Message, StringComparison.Ordinal);
        Assert.Equal([$"{fixedFolder}/b"], Directory.GetFileSystemEntries(fixedFolder));
        if (isRunning)
        {
            Engine.CopyIn(container.Id, $"{fixture.Root}/new", "/mem/x", new CopyOptions(), null, Cancellation);
            Assert.Equal("new", ReadInside(container.Id, "/mem/x"));
        }
        else
        {
            EngineException memory = Assert.Throws<EngineException>(() => Engine.CopyIn(container.Id, $"{fixture.Root}/new", "/mem/x", new CopyOptions(), null, Cancellation));
            Assert.Equal(EngineErrorReason.NotSupported, memory.Reason);
        }

        // A tree that has volumes in it brings their content.
        Engine.Start(container.Id, Cancellation);
        Engine.CopyOut(container.Id, "/opaque", $"{fixture.Root}/out", new CopyOptions(), null, Cancellation);
        Assert.Equal("a", File.ReadAllText($"{fixture.Root}/out/vol/a"));
        Engine.Stop(container.Id, 9, TimeSpan.Zero, Cancellation);
        Engine.CopyOut(container.Id, "/", $"{fixture.Root}/whole", new CopyOptions(), null, Cancellation);
        Assert.Equal("a", File.ReadAllText($"{fixture.Root}/whole/opaque/vol/a"));
        Assert.Empty(Directory.GetFileSystemEntries($"{fixture.Root}/whole/proc"));
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void A_root_that_is_read_only_is_not_written_to_whether_it_runs_or_not()
    {
        MakeBase();
        ContainerSnapshot container = Engine.Create(new ContainerOptions { Image = "base", Command = ["sleep", "1000"], ReadOnly = true });
        foreach (bool isRunning in (bool[])[false, true])
        {
            EngineException failure = Assert.Throws<EngineException>(() => Engine.CopyIn(container.Id, "/etc/passwd", "/tmp/x", new CopyOptions(), null, Cancellation));
            Assert.Equal(EngineErrorReason.PermissionDenied, failure.Reason);
            Assert.Contains("read-only", failure.Message, StringComparison.Ordinal);
            Assert.Equal("2", ReadInside(container.Id, "/data/kept"));
            Engine.Start(container.Id, Cancellation);
        }

        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void Archives_go_both_ways()
    {
        string id = Make(Kind.Created);
        using var archive = new MemoryStream();
        Engine.CopyOut(id, "/data", archive, new CopyOptions(), null, Cancellation);
        archive.Position = 0;
        Engine.CopyIn(id, archive, "/tmp", null, Cancellation);
        Assert.Equal("2", ReadInside(id, "/tmp/data/kept"));
        archive.Position = 0;
        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => Engine.CopyIn(id, archive, "/tmp/nothing", null, Cancellation)).Reason);
        using var broken = new MemoryStream([.. archive.ToArray()[..1100], .. new byte[500]]);
        Assert.Equal(EngineErrorReason.InvalidData, Assert.Throws<EngineException>(() => Engine.CopyIn(id, broken, "/opaque", null, Cancellation)).Reason);
        Engine.Remove(id, force: false, Cancellation);
    }

    [Fact]
    public void A_copy_that_is_ended_leaves_whole_files_only()
    {
        string source = fixture.MakeFolder("big");
        File.WriteAllText($"{source}/a", "whole");
        using (FileStream big = File.Create($"{source}/b"))
        {
            byte[] bytes = new byte[1 << 20];
            Random.Shared.NextBytes(bytes);
            for (int i = 0; i < 64; i++)
            {
                big.Write(bytes);
            }
        }

        string id = Make(Kind.Running);
        using var ending = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => Engine.CopyIn(id, source, "/data", new CopyOptions(), new EndAfter(8 << 20, ending), ending.Token));
        Assert.Equal([$"{fixture.StateRoot}/containers/{id}/upper/data/big/a"], Directory.GetFileSystemEntries($"{fixture.StateRoot}/containers/{id}/upper/data/big"));
        Engine.Remove(id, force: true, Cancellation);
    }

    [Fact]
    public void The_container_of_the_host_s_files_is_copied_to_and_from_as_it_sees_them()
    {
        _ = Engine;
        ContainerSnapshot container = Engine.Create(new ContainerOptions { Image = "host", Command = ["sleep", "1000"] });
        foreach (bool isRunning in (bool[])[false, true])
        {
            Assert.Equal(File.ReadAllText("/etc/passwd"), ReadInside(container.Id, "/etc/passwd"));
            Engine.CopyIn(container.Id, "/etc/passwd", "/etc/copied", new CopyOptions(), null, Cancellation);
            Assert.False(File.Exists("/etc/copied"));
            FileDifference difference = Assert.Single(Engine.Compare(container.Id, cancellation: Cancellation), one => one.Path == "/etc/copied");
            Assert.Equal(FileDifferenceKind.Added, difference.Kind);
            if (isRunning)
            {
                Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => Archive(container.Id, $"{fixture.StateRoot}/containers")).Reason);
            }
            else
            {
                Assert.Equal(EngineErrorReason.NotSupported, Assert.Throws<EngineException>(() => Archive(container.Id, $"{fixture.StateRoot}/containers")).Reason);
            }

            Engine.Start(container.Id, Cancellation);
        }

        Assert.Equal(EngineErrorReason.NotSupported, Assert.Throws<EngineException>(() => Engine.Export(container.Id, Stream.Null, null, Cancellation)).Reason);
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    private string Make(Kind kind, string script = "true")
    {
        MakeBase();
        bool isFolder = kind is Kind.CreatedInFolder or Kind.RunningInFolder;
        bool isRunning = kind is Kind.Running or Kind.RunningInFolder;
        ContainerSnapshot container = Engine.Create(new ContainerOptions
        {
            Image = isFolder ? null : "base",
            RootFileSystem = isFolder ? $"{fixture.Root}/rootfs" : null,
            Command = isRunning || kind == Kind.RemovedAtItsEnd ? ["sleep", "1000"] : ["sh", "-ec", script],
            RemoveOnExit = kind == Kind.RemovedAtItsEnd,
        });
        if (isRunning || kind == Kind.Exited)
        {
            Engine.Start(container.Id, Cancellation);
        }

        if (kind == Kind.Exited)
        {
            Assert.Equal(0, Engine.Wait(container.Id, TimeSpan.FromMinutes(1), Cancellation).ExitCode);
        }

        return container.Id;
    }

    private void MakeBase()
    {
        _ = Engine;
        if (Directory.Exists($"{fixture.Root}/rootfs"))
        {
            return;
        }

        string root = fixture.MakeRoot();
        Directory.CreateDirectory($"{root}/data");
        Directory.CreateDirectory($"{root}/opaque");
        File.WriteAllText($"{root}/data/kept", "2");
        File.CreateSymbolicLink($"{root}/linked", "/data");
        File.CreateSymbolicLink($"{root}/loop", "loop");
        Engine.Images.Make(root, "base", new ImageMakingOptions { Changes = new ImageChanges { Cmd = ["sh"] } }, cancellation: Cancellation);
    }

    private string MakeTree()
    {
        string tree = fixture.MakeFolder("tree");
        Directory.CreateDirectory($"{tree}/sub");
        File.WriteAllText($"{tree}/sub/.wh.no-whiteout", "a name as others");
        File.WriteAllText($"{tree}/file", "content");
        File.SetUnixFileMode($"{tree}/file", (UnixFileMode)0x9A0);
        using (FileStream holes = File.Create($"{tree}/holes"))
        {
            holes.Position = 8 << 20;
            holes.Write("data"u8);
            holes.SetLength(16 << 20);
        }

        using (FileDescriptor folder = Files.Open(Files.CurrentFolder, tree, Tmds.Linux.LibC.O_RDONLY | Tmds.Linux.LibC.O_DIRECTORY))
        using (FileDescriptor file = Files.Open(folder.Number, "file", Tmds.Linux.LibC.O_RDONLY))
        {
            Assert.Equal(Errno.None, FolderEntries.TryMakeNode(folder.Number, "pipe"u8, FileKind.Fifo, 0x1A4, 0, 0));
            Assert.Equal(Errno.None, FolderEntries.TryMakeNode(folder.Number, "null"u8, FileKind.CharacterDevice, 0x1A4, 1, 3));
            Assert.Equal(Errno.None, FolderEntries.TryMakeSymlink("../../../nowhere"u8, folder.Number, "link"u8));
            Assert.Equal(Errno.None, FolderEntries.TryMakeSymlink("/etc/passwd"u8, folder.Number, [0xff, (byte)'b', 0x1b]));
            Assert.Equal(Errno.None, FolderEntries.TryLink(folder.Number, "file"u8, folder.Number, "zz-hard"u8));
            Assert.Equal(Errno.None, FolderEntries.TryChown(folder.Number, "sub"u8, 1234, 4321));
            Assert.Equal(Errno.None, FileContent.TrySetAttribute(file, "user.test"u8, [1, 0, 2]));
            Assert.Equal(Errno.None, FileContent.TrySetTimes(file, new FileTimes(null, 0, 1_000_000_000, 123_456_789)));
        }

        return tree;
    }

    private string ReadInside(string id, string path)
    {
        string to = $"{fixture.Root}/read-{Guid.NewGuid():N}";
        Engine.CopyOut(id, path, to, new CopyOptions { FollowLink = true }, null, Cancellation);
        return File.ReadAllText(to);
    }

    private string Archive(string id, string path)
    {
        using var archive = new MemoryStream();
        Engine.CopyOut(id, path, archive, new CopyOptions(), null, Cancellation);
        return Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(archive.ToArray()));
    }

    private (uint Uid, uint Gid, int Mode) OwnerAndMode(string path)
    {
        Assert.Equal(Errno.None, Files.TryStat(Files.CurrentFolder, $"{fixture.Root}/{path}", follow: false, out FileStatus status));
        return (status.Uid, status.Gid, status.Mode);
    }

    private string[] MountsOfOurs() => [.. File.ReadAllLines("/proc/self/mountinfo").Where(line => line.Contains(fixture.Root, StringComparison.Ordinal))];

    private static string Listing(string path)
    {
        using var scratch = new ScratchFolder();
        return string.Join('\n', TreeListing.Of(scratch, path));
    }

    private sealed class EndAfter(long bytes, CancellationTokenSource ending) : IProgress<long>
    {
        public void Report(long value)
        {
            if (value > bytes)
            {
                ending.Cancel();
            }
        }
    }
}
