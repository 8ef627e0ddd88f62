using Containers.Engine.Storage;
using Containers.Engine.Tests.Layers;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Tests.Storage;

public sealed class FolderRemovalTests : IDisposable
{
    private readonly ScratchFolder scratch = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Everything_in_a_folder_goes_and_nothing_that_links_lead_to()
    {
        scratch.Shell("mkdir -p kept/sub t/a/b; echo 1 > kept/sub/f; ln -s ../kept t/link; ln -s ../../kept/sub t/a/b/link; mkfifo t/pipe; mknod t/dev c 1 3; echo x > t/a/b/f; ln kept/sub/f t/hard");
        Assert.True(Remove("t"));
        Assert.Equal("kept\nkept/sub\nkept/sub/f\n", scratch.Shell("find . -mindepth 1 -printf '%P\\n' | sort"));
        Assert.False(Remove("t"));
    }

    [Fact]
    public void A_link_in_the_folders_place_goes_and_not_what_it_leads_to()
    {
        scratch.Shell("mkdir kept; echo 1 > kept/f; ln -s kept t");
        Assert.True(Remove("t"));
        Assert.Equal("kept\nkept/f\n", scratch.Shell("find . -mindepth 1 -printf '%P\\n' | sort"));
    }

    [Fact]
    public void A_tree_deeper_than_any_path_goes_with_few_descriptors_and_no_deep_stack()
    {
        using (FileDescriptor root = ScratchFolder.Open(scratch.Path))
        {
            Assert.True(Files.MakeFolder(root.Number, "t", 0x1C0));
            FileDescriptor current = Files.Open(root.Number, "t", LibC.O_RDONLY | LibC.O_DIRECTORY);
            for (int i = 0; i < 20_000; i++)
            {
                Assert.True(Files.MakeFolder(current.Number, "d", i % 1000 == 7 ? 0 : 0x1C0));
                if (i % 500 == 0)
                {
                    Files.MakeSymlink("/etc", current.Number, "link");
                    Assert.True(Files.MakeFolder(current.Number, ".removal-0", 0x1C0));
                }

                FileDescriptor next = Files.Open(current.Number, "d", LibC.O_RDONLY | LibC.O_DIRECTORY);
                current.Dispose();
                current = next;
            }

            current.Dispose();
        }

        int before = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        var small = new Thread(() => Assert.True(Remove("t")), maxStackSize: 256 * 1024);
        small.Start();
        small.Join();
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
        Assert.True(Directory.GetFileSystemEntries("/proc/self/fd").Length <= before + 2);
    }

    [Fact]
    public void A_wide_folder_goes()
    {
        scratch.Shell("mkdir t; cd t; seq 1 30000 | sed 's/^/a-rather-long-name-/' | xargs touch; seq 1 3000 | xargs mkdir; seq 1 3000 | sed 's/$/\\/x/' | xargs touch");
        Assert.True(Remove("t"));
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public void An_overlays_work_folder_of_mode_000_goes_even_without_the_rights_of_root()
    {
        scratch.Shell("chmod 755 .; mkdir -p t/work/work/sub t/ro; touch t/work/work/sub/f t/ro/f; chmod 000 t/work/work/sub t/work/work; chmod 555 t/ro; chown -R 65534:65534 t; mkdir own; mv t own/; chown 65534:65534 own");

        // The thread gives up what lets root pass: the file system checks the thread's own ids.
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using FileDescriptor own = ScratchFolder.Open($"{scratch.Path}/own");
                ThreadIdentity.Become(65534);
                Assert.Throws<KernelException>(() => Files.Open(own.Number, "t/work/work/sub", LibC.O_RDONLY));
                Assert.True(FolderRemoval.Remove(own.Number, "t"));
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
        Assert.Empty(Directory.GetFileSystemEntries($"{scratch.Path}/own"));
    }

    [Fact]
    public void A_file_system_mounted_in_the_tree_is_not_entered()
    {
        scratch.Shell("mkdir -p t/a/mount volume; echo precious > volume/data; mount --bind volume t/a/mount");
        try
        {
            KernelException failure = Assert.Throws<KernelException>(() => Remove("t"));
            Assert.Equal(Errno.EXDEV, failure.Errno);
            Assert.Equal("precious\n", File.ReadAllText($"{scratch.Path}/volume/data"));
        }
        finally
        {
            scratch.Shell("umount t/a/mount");
        }

        Assert.True(Remove("t"));
        Assert.Equal("precious\n", File.ReadAllText($"{scratch.Path}/volume/data"));
    }

    [Fact]
    public void A_tree_into_which_another_writes_goes_or_says_that_it_does_not()
    {
        scratch.Shell("mkdir -p t/busy kept; echo 1 > kept/f");
        using var stop = new CancellationTokenSource();
        var writer = new Thread(() =>
        {
            // Folders and links take turns under the same names, the race that path-based removal loses.
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                string path = $"{scratch.Path}/t/busy/{i % 50}";
                try
                {
                    // A link of an earlier turn goes first, or the writer itself would write through it.
                    File.Delete(path);
                    Directory.CreateDirectory(path);
                    File.WriteAllText($"{path}/x", "1");
                    File.Delete($"{path}/x");
                    Directory.Delete(path);
                    File.CreateSymbolicLink(path, $"{scratch.Path}/kept");
                }
                catch (Exception caught) when (caught is IOException or UnauthorizedAccessException)
                {
                    // The removal came between.
                }
            }
        });
        writer.Start();
        try
        {
            Thread.Sleep(50);
            _ = Remove("t");
        }
        catch (KernelException failure) when (failure.Errno is Errno.ENOTEMPTY)
        {
            // Told, and tried again below.
        }
        finally
        {
            stop.Cancel();
            writer.Join();
        }

        _ = Remove("t");
        Assert.Equal("kept\nkept/f\n", scratch.Shell("find . -mindepth 1 -printf '%P\\n' | sort"));
    }

    private bool Remove(string name)
    {
        using FileDescriptor root = ScratchFolder.Open(scratch.Path);
        return FolderRemoval.Remove(root.Number, name);
    }
}
