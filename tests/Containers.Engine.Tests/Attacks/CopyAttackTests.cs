using Containers.Engine.Copying;
using Containers.Engine.Layers;
using Containers.Engine.Runtime;
using Containers.Engine.Tests.Layers;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Tests.Attacks;

/// <summary>
/// Containers that wait for their files to be copied (docker cp CVE-2018-15664, 2019-14271, 2026-41567, 2026-41568, 2026-42306; podman 2019-10152, 2019-18466): links and swapped folders that lead a
/// copy to the host's files, names that lead it out of its destination, and programs of the container that the copier would load or run.
/// </summary>
public sealed class CopyAttackTests : AttackTest
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ContainerEngine Engine => Fixture.Engine;

    public static TheoryData<string, string> Links => new()
    {
        { "ln -s HOST /x", "/x/secret" },
        { "ln -s HOST/secret /x", "/x" },
        { "ln -s ../../../../../../../../../..HOST /x", "/x/secret" },
        { "mkdir -p /d/e; ln -s ../../../../../..HOST /d/e/f; ln -s /d/e/f /x", "/x/secret" },
        { "ln -s /proc/1/root/..HOST /x", "/x/secret" },
        { "ln -s /proc/self/cwd /x", "/x/secret" },
    };

    [Theory]
    [MemberData(nameof(Links))]
    public void A_link_of_the_container_leads_no_copy_to_the_host(string script, string path)
    {
        string id = Start(script.Replace("HOST", HostFolder, StringComparison.Ordinal));
        foreach (bool isRunning in (bool[])[true, false])
        {
            EngineException failure = Assert.Throws<EngineException>(() => CopyOut(id, path, "stolen"));
            Assert.True(failure.Reason is EngineErrorReason.NotFound or EngineErrorReason.NotSupported, failure.Message);
            Assert.False(File.Exists($"{Fixture.Root}/stolen"));
            EngineException write = Assert.Throws<EngineException>(() => Engine.CopyIn(id, "/etc/passwd", Path.GetDirectoryName(path) + "/evil/", new CopyOptions(), null, Cancellation));
            Assert.True(write.Reason is EngineErrorReason.NotFound or EngineErrorReason.NotSupported, write.Message);
            if (isRunning)
            {
                Engine.Stop(id, 9, TimeSpan.Zero, Cancellation);
            }
        }

        AssertHostFolderIsUntouched();
        Engine.Remove(id, force: true, Cancellation);
    }

    [Fact]
    public void A_link_leads_to_the_host_where_its_path_is_put_together_with_the_root_s()
    {
        string id = Start($"ln -s {HostFolder} /x");
        Assert.Equal("secret of the host", File.ReadAllText($"{Image}/x/secret"));
        Engine.Remove(id, force: true, Cancellation);
    }

    /// <summary>CVE-2018-15664: a folder becomes a link between the look at it and its use.</summary>
    [Fact]
    public void Folders_that_are_swapped_with_links_all_the_while_lead_no_copy_to_the_host()
    {
        string id = Start(Swapper());
        File.WriteAllText($"{Fixture.Root}/evil", "evil");
        int done = 0;
        for (int i = 0; i < 300; i++)
        {
            Try(() =>
            {
                CopyOut(id, "/a/b/secret", "out");
                Assert.Equal("harmless", File.ReadAllText($"{Fixture.Root}/out"));
                done++;
            });
            Try(() => Engine.CopyIn(id, $"{Fixture.Root}/evil", "/a/b/evil", new CopyOptions(), null, Cancellation));
            Try(() => CopyOut(id, "/a", $"tree{i}"));
        }

        Assert.True(done > 0, "not one copy met the harmless file");
        AssertHostFolderIsUntouched();

        // The links themselves were copied: they are not to be followed here.
        var plain = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (string file in Directory.EnumerateDirectories(Fixture.Root, "tree*").SelectMany(tree => Directory.EnumerateFiles(tree, "secret", plain)))
        {
            Assert.Equal("harmless", File.ReadAllText(file));
        }

        Engine.Remove(id, force: true, Cancellation);
    }

    [Fact]
    public void Folders_that_are_swapped_lead_to_the_host_where_a_path_is_looked_at_and_then_used()
    {
        string id = Start(Swapper());
        bool isStolen = EngineFixture.Patiently(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                string path = $"{Image}/a/b";
                if (new DirectoryInfo(path) is { Exists: true, LinkTarget: null })
                {
                    // A copier is busy for a while between the two; without it the swap would come here by rare chance alone.
                    Thread.Sleep(i % 5);
                    try
                    {
                        if (File.ReadAllText($"{path}/secret") == "secret of the host")
                        {
                            return true;
                        }
                    }
                    catch (IOException)
                    {
                        // It was not there at that moment.
                    }
                }
            }

            return false;
        });
        Engine.Remove(id, force: true, Cancellation);
        Assert.True(isStolen, "the swap never came between the look and the use");
    }

    /// <summary>Podman CVE-2019-10152 and 2019-18466: a link that came with the copy leads what follows it out of the destination.</summary>
    [Fact]
    public void A_link_among_the_copied_leads_nothing_out_of_the_destination()
    {
        string target = Fixture.MakeFolder("target");
        using FileDescriptor folder = Files.Open(Files.CurrentFolder, target, LibC.O_RDONLY | LibC.O_DIRECTORY);
        foreach (string link in (string[])[HostFolder, $"../{Path.GetFileName(HostFolder)}"])
        {
            foreach (byte[] archive in (byte[][])[
                new TarBuilder().Symlink("x", link).File("x/evil", "evil").End(),
                new TarBuilder().Symlink("x", link).Folder("x").File("x/evil", "evil").End(),
                new TarBuilder().Symlink("x", $"{link}/secret").HardLink("y", "x").File("y/z", "evil").End(),
                new TarBuilder().File("../host/evil", "evil").End(),
                new TarBuilder().File($"{HostFolder}/evil", "evil").End(),
                new TarBuilder().HardLink("y", $"../{Path.GetFileName(HostFolder)}/secret").End()])
            {
                var options = new ExtractionOptions { Whiteouts = WhiteoutHandling.Plain, Inhabited = new InhabitedHostFolder(folder) };
                Assert.Throws<EngineException>(() => LayerExtractor.Extract(new MemoryStream(archive), folder, options, Cancellation));
                AssertHostFolderIsUntouched();
            }

            // A file over the link replaces the link, not what it leads to.
            var over = new ExtractionOptions { Whiteouts = WhiteoutHandling.Plain, Inhabited = new InhabitedHostFolder(folder) };
            LayerExtractor.Extract(new MemoryStream(new TarBuilder().Symlink("s", $"{link}/secret").File("s", "evil").End()), folder, over, Cancellation);
            AssertHostFolderIsUntouched();
            Assert.Equal("evil", File.ReadAllText($"{target}/s"));
        }
    }

    [Fact]
    public void A_link_among_the_copied_leads_out_where_names_are_put_together()
    {
        string target = Fixture.MakeFolder("target");
        File.CreateSymbolicLink($"{target}/x", HostFolder);
        File.WriteAllText($"{target}/x/evil", "evil");
        Assert.True(File.Exists($"{HostFolder}/evil"));
    }

    /// <summary>CVE-2019-14271 and 2026-41567: the copier, at home in the container's root, loads its libraries or runs its programs.</summary>
    [Fact]
    public void Nothing_of_the_container_is_loaded_or_run_for_a_copy()
    {
        string trap = $"#!/bin/sh\necho ran > {HostFolder}/ran\n";
        foreach (string program in (string[])["bin/tar", "bin/gzip", "bin/zstd", "bin/unpigz", "bin/xz", "usr/bin/tar", "usr/bin/unpigz", "sbin/cp"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName($"{Image}/{program}")!);
            File.WriteAllText($"{Image}/{program}", trap);
            File.SetUnixFileMode($"{Image}/{program}", (UnixFileMode)0x1ED);
        }

        foreach (string library in (string[])["lib/x86_64-linux-gnu/libnss_files.so.2", "lib64/libnss_files.so.2", "usr/lib/libnss_dns.so.2", "etc/ld.so.preload"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName($"{Image}/{library}")!);
            File.WriteAllText($"{Image}/{library}", "/lib64/libnss_files.so.2");
        }

        string id = Start("true");
        CopyOut(id, "/etc", "etc");
        using (var archive = new MemoryStream())
        {
            using (var gzip = new System.IO.Compression.GZipStream(archive, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(new TarBuilder().File("unpacked", "x").End());
            }

            archive.Position = 0;
            Engine.CopyIn(id, archive, "/tmp", null, Cancellation);
        }

        Assert.True(File.Exists($"{Image}/tmp/unpacked"));
        Assert.DoesNotContain(File.ReadAllLines("/proc/self/maps"), line => line.Contains(Fixture.Root, StringComparison.Ordinal));
        AssertHostFolderIsUntouched();
        Engine.Remove(id, force: true, Cancellation);
    }

    [Fact]
    public void A_program_of_the_container_runs_with_the_host_s_files_where_the_copier_takes_it()
    {
        File.Delete($"{Image}/bin/tar");
        File.WriteAllText($"{Image}/bin/tar", $"#!/bin/sh\necho ran > {HostFolder}/ran\n");
        File.SetUnixFileMode($"{Image}/bin/tar", (UnixFileMode)0x1ED);
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh", ["-c", "PATH=$0/bin:$PATH; tar -cf - etc", Image]) { WorkingDirectory = Image })!;
        process.WaitForExit();
        Assert.True(File.Exists($"{HostFolder}/ran"));
    }

    [Fact]
    public void A_device_or_pipe_of_the_container_is_copied_and_never_opened()
    {
        string id = Start("mkfifo /pipe 2>/dev/null || mknod /pipe p; mknod -m 666 /zero c 1 5; ln -s /pipe /link");
        CopyOut(id, "/pipe", "pipe");
        CopyOut(id, "/zero", "zero");
        using (FileDescriptor file = Files.Open(Files.CurrentFolder, $"{Fixture.Root}/zero", LibC.O_PATH))
        {
            Assert.Equal((FileKind.CharacterDevice, 0x180), (FileInspection.StatusOf(file).Kind, FileInspection.StatusOf(file).Mode));
        }

        // A file takes the pipe's place; it is not written into it, which would wait for a reader.
        Engine.CopyIn(id, "/etc/passwd", "/pipe", new CopyOptions(), null, Cancellation);
        Assert.Equal(File.ReadAllText("/etc/passwd"), File.ReadAllText($"{Image}/pipe"));
        Engine.Remove(id, force: true, Cancellation);
    }

    [Fact]
    public void A_device_of_the_host_is_not_replaced_by_a_copy()
    {
        string id = Start("echo x > /x");
        using (FileDescriptor folder = Files.Open(Files.CurrentFolder, Fixture.Root, LibC.O_RDONLY | LibC.O_DIRECTORY))
        {
            Assert.Equal(Errno.None, FolderEntries.TryMakeNode(folder.Number, "null"u8, FileKind.CharacterDevice, 0x1B6, 1, 3));
        }

        Assert.Equal(EngineErrorReason.AlreadyExists, Assert.Throws<EngineException>(() => CopyOut(id, "/x", "null")).Reason);
        Engine.Remove(id, force: true, Cancellation);
    }

    private static void Try(Action copy)
    {
        try
        {
            copy();
        }
        catch (EngineException e) when (e.Reason is not EngineErrorReason.Internal)
        {
            // What it should copy was a link at that moment, or nothing.
        }
    }

    private string Swapper() =>
        $"mkdir -p /a/b; echo -n harmless > /a/b/secret; ln -s {HostFolder} /a/l; (while :; do mv /a/b /a/t; mv -T /a/l /a/b 2>/dev/null || mv /a/l /a/b; mv /a/b /a/l; mv /a/t /a/b; done) &";

    private void CopyOut(string id, string path, string name) => Engine.CopyOut(id, path, $"{Fixture.Root}/{name}", new CopyOptions { FollowLink = true }, null, Cancellation);

    private string Start(string script)
    {
        ContainerSnapshot container = Engine.Create(Script($"{script}\ntouch /ready; sleep 1000 & wait"));
        Engine.Start(container.Id, Cancellation);
        Assert.True(EngineFixture.Patiently(() => File.Exists($"{Image}/ready")), "the container does not get ready");
        return container.Id;
    }
}
