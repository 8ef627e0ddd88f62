using System.Text;
using Containers.Engine.Storage;
using Containers.Engine.Tests.Layers;
using Containers.Interop;

namespace Containers.Engine.Tests.Storage;

public sealed class AtomicDocumentTests : IDisposable
{
    private readonly ScratchFolder scratch = new();

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reader_sees_the_old_or_the_new_content_whole(bool durable)
    {
        using FileDescriptor folder = ScratchFolder.Open(scratch.Path);
        byte[] a = Encoding.ASCII.GetBytes(new string('a', 20_000));
        byte[] b = Encoding.ASCII.GetBytes(new string('b', 50_000));
        AtomicDocument.Write(folder.Number, "document", a, durable);
        using var stop = new CancellationTokenSource();
        var reader = Task.Run(() =>
        {
            int seen = 0;
            while (!stop.IsCancellationRequested)
            {
                string text = File.ReadAllText($"{scratch.Path}/document");
                Assert.True(text.Length is 20_000 or 50_000 && text.All(character => character == text[0]));
                seen++;
            }

            return seen;
        });
        for (int i = 0; i < (durable ? 20 : 500); i++)
        {
            AtomicDocument.Write(folder.Number, "document", i % 2 == 0 ? b : a, durable);
        }

        await stop.CancelAsync();
        Assert.True(await reader > 0);
        Assert.Equal("document\n", scratch.Shell("ls -A"));
        Assert.Equal("600\n", scratch.Shell("stat -c %a document"));
    }

    [Fact]
    public void A_link_in_the_documents_place_is_replaced_and_not_written_through()
    {
        scratch.Shell("mkdir d; echo precious > target; ln -s ../target d/document");
        using FileDescriptor folder = ScratchFolder.Open($"{scratch.Path}/d");
        AtomicDocument.Write(folder.Number, "document", "new"u8, durable: false);
        Assert.Equal("precious\n", File.ReadAllText($"{scratch.Path}/target"));
        Assert.Equal("new", File.ReadAllText($"{scratch.Path}/d/document"));
    }

    [Fact]
    public void What_a_killed_writer_left_goes_with_the_next_one()
    {
        scratch.Shell("mkdir d; echo half > d/.document.new");
        using FileDescriptor folder = ScratchFolder.Open($"{scratch.Path}/d");
        AtomicDocument.Write(folder.Number, "document", "new"u8, durable: false);
        Assert.Equal("new", File.ReadAllText($"{scratch.Path}/d/document"));
        Assert.Equal("document\n", scratch.Shell("ls -A d"));
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_content_and_nothing_else()
    {
        scratch.Shell("mkdir d; mount -t tmpfs -o size=64k none d");
        try
        {
            using (FileDescriptor folder = ScratchFolder.Open($"{scratch.Path}/d"))
            {
                AtomicDocument.Write(folder.Number, "document", "old"u8, durable: true);
                KernelException failure = Assert.Throws<KernelException>(() => AtomicDocument.Write(folder.Number, "document", new byte[1 << 20], durable: true));
                Assert.Equal(Errno.ENOSPC, failure.Errno);
                Assert.Throws<KernelException>(() => AtomicDocument.Write(folder.Number, "no/such", "x"u8, durable: false));
            }

            Assert.Equal("old", File.ReadAllText($"{scratch.Path}/d/document"));
            Assert.Equal("document\n", scratch.Shell("ls -A d"));
        }
        finally
        {
            scratch.Shell("umount d");
        }
    }
}
