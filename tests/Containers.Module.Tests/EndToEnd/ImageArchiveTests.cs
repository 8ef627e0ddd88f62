using System.Diagnostics;

namespace Containers.Module.Tests.EndToEnd;

public sealed class ImageArchiveTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new(typeof(StopUpstreamCommand));

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("Docker")]
    [InlineData("Oci")]
    [InlineData("OciFolder")]
    public void Images_go_to_an_archive_and_come_back_with_their_names(string format)
    {
        MakeImages();
        var path = Path.Combine(_engine.Root, "out");

        Assert.Empty(_engine.Run($"Export-ContainerImage one, two {path} -Format {format}").Output);
        _engine.Run("Remove-ContainerImage one, two");
        var images = _engine.Run($"Import-ContainerImage {path}").Output.Select(image => Assert.IsType<ContainerImage>(image.BaseObject)).ToList();

        Assert.Equal(["one:latest", "two:latest"], images.ConvertAll(image => image.Name));
        Assert.Equal(["/bin/busybox", "echo", "one"], images[0].Cmd);
        Assert.Equal(["one"], _engine.Run("Invoke-Container one -Rm").Lines);
        Assert.Equal(["other:1"], _engine.Run($"Get-ContainerImage two | Export-ContainerImage -Path {path}2 -Format {format}; Import-ContainerImage {path}2 -Name other:1").Lines);
    }

    [Fact]
    public void A_file_that_is_there_is_replaced_only_with_Force_and_nothing_is_written_with_WhatIf()
    {
        MakeImages();
        var path = Path.Combine(_engine.Root, "out.tar");

        Assert.Empty(_engine.Run($"Export-ContainerImage one {path} -WhatIf").Output);
        Assert.False(File.Exists(path));
        var file = Assert.IsType<FileInfo>(_engine.Run($"Save-ContainerImage one {path} -PassThru").Single);
        Assert.Equal(path, file.FullName);
        Assert.StartsWith("ArchiveExists,", _engine.Fails($"Export-ContainerImage two {path}").FullyQualifiedErrorId, StringComparison.Ordinal);
        _engine.Run($"Export-ContainerImage two {path} -Force");
        Assert.Equal(["two:latest"], _engine.Run($"Import-ContainerImage {path}").Lines);
        Assert.StartsWith("ArchiveFolderNotFound,", _engine.Fails($"Export-ContainerImage two {path}.d/x").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("ContainerImageNotFound,", _engine.Fails($"Export-ContainerImage three {path}.new").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("ContainerImageNotSupported,", _engine.Fails($"Export-ContainerImage host {path}.new").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.False(File.Exists(path + ".new"));
    }

    [Fact]
    public void Without_a_path_the_bytes_go_down_the_pipeline()
    {
        MakeImages();
        var path = Path.Combine(_engine.Root, "out.tar");

        var pieces = _engine.Run($"Export-ContainerImage one; Export-ContainerImage one {path}").Output.Select(piece => Assert.IsType<byte[]>(piece.BaseObject)).ToList();

        Assert.True(pieces.Count > 1);
        Assert.Equal(File.ReadAllBytes(path), pieces.SelectMany(piece => piece));
        Assert.Equal(["copy:latest"], _engine.Run("Export-ContainerImage one | Import-ContainerImage -Name copy").Lines);
        Assert.Equal(_engine.Run("(Get-ContainerImage one).Id").Lines, _engine.Run("(Get-ContainerImage copy).Id").Lines);
    }

    [Theory]
    [InlineData("byte[]")]
    [InlineData("object[]")]
    public void Bytes_from_the_pipeline_are_an_archive(string type)
    {
        MakeImages();
        var path = Path.Combine(_engine.Root, "out.tar");
        _engine.Run($"Export-ContainerImage one, two {path}; Remove-ContainerImage one, two");
        var pieces = File.ReadAllBytes(path).Chunk(65536).Select(piece => type == "byte[]" ? (object)piece : Array.ConvertAll(piece, one => (object)one)).ToList();

        Assert.Empty(_engine.Run("$input | Import-ContainerImage -WhatIf", pieces).Output);
        Assert.Equal(["one:latest", "two:latest"], _engine.Run("$input | Import-ContainerImage", pieces).Lines);
    }

    [Fact]
    public void A_root_file_system_from_the_pipeline_needs_a_name()
    {
        var archive = File.ReadAllBytes(MakeArchive());

        Assert.Equal(["small:latest"], _engine.Run("$input | Import-ContainerImage -Name small -Cmd /bin/busybox, true", new[] { archive }).Lines);
        var failure = Assert.Single(_engine.Session.Run("$input | Import-ContainerImage", new[] { archive }).Errors);
        Assert.StartsWith("ContainerImageArgumentInvalid,", failure.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("-Name", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_archive_are_refused_and_the_rest_is_passed_over()
    {
        var pieces = Enumerable.Repeat(new byte[65536], 1).Prepend("not an archive"u8.ToArray()).Concat(Enumerable.Repeat(new byte[65536], 200)).ToList();

        var failure = Assert.Single(_engine.Session.Run("$input | Import-ContainerImage -Name bad", pieces).Errors);

        Assert.StartsWith("ContainerImageDataInvalid,", failure.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["host"], _engine.Run("Get-ContainerImage").Lines);
    }

    [Fact]
    public void A_reader_that_closes_ends_the_export()
    {
        MakeImages();

        Assert.Single(_engine.Run("Export-ContainerImage one | Select-First").Output);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_engine.Root, "state", "staging")));
    }

    [Theory]
    [InlineData("etc/endless")]
    [InlineData("oci-layout")]
    public void An_import_of_endless_bytes_ends_at_once_when_it_is_stopped_and_leaves_nothing(string name)
    {
        // A root file system's file is unpacked as it comes, an image archive's is spooled.
        var header = Path.Combine(_engine.Root, "header");
        File.WriteAllBytes(header, Header(name, 1L << 32));
        using var pipeline = _engine.Session.CreatePipeline(
            $"& {{ ,[System.IO.File]::ReadAllBytes('{header}'); $piece = [byte[]]::new(65536); while ($true) {{ ,$piece }} }} | Import-ContainerImage -Name endless");
        var run = pipeline.BeginInvoke();
        var staging = Path.Combine(_engine.Root, "state", "staging");
        Eventually.Hold("the import has begun", () => Directory.Exists(staging) && (name == "oci-layout" || Directory.GetFileSystemEntries(staging).Length > 0));
        Thread.Sleep(300);

        var watch = Stopwatch.StartNew();
        pipeline.Stop();
        Assert.True(run.IsCompleted);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.Empty(Directory.GetFileSystemEntries(staging));
        Assert.Equal(["host"], _engine.Run("Get-ContainerImage").Lines);
    }

    [Fact]
    public void A_default_command_for_an_archive_of_images_is_refused()
    {
        MakeImages();
        var path = Path.Combine(_engine.Root, "out.tar");
        _engine.Run($"Export-ContainerImage one {path}");

        Assert.StartsWith("ContainerImageArgumentInvalid,", _engine.Fails($"Import-ContainerImage {path} -Cmd sh").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_formats_and_platforms_are_completed()
    {
        MakeImages();

        Assert.Equal(["one:latest"], _engine.Session.Complete("Export-ContainerImage on"));
        Assert.Equal(["Oci", "OciFolder"], _engine.Session.Complete("Export-ContainerImage -Format Oc"));
        Assert.Equal(["linux/arm64", "linux/arm/v7"], _engine.Session.Complete("Import-ContainerImage -Platform linux/arm"));
    }

    private static byte[] Header(string name, long size)
    {
        var block = new byte[512];
        System.Text.Encoding.ASCII.GetBytes(name).CopyTo(block, 0);
        "0000644\u00000000000\u00000000000\u0000"u8.CopyTo(block.AsSpan(100));
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0')).CopyTo(block, 124);
        "00000000000\u0000        0"u8.CopyTo(block.AsSpan(136));
        "ustar\u000000"u8.CopyTo(block.AsSpan(257));
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(block.Sum(b => (long)b), 8).PadLeft(6, '0') + "\0 ").CopyTo(block, 148);
        return block;
    }

    private void MakeImages()
    {
        var archive = MakeArchive();
        _engine.Run($"'one', 'two' | ForEach-Object {{ $null = Import-ContainerImage {archive} -Name $_ -Cmd /bin/busybox, echo, $_ }}");
    }

    // One static program is a root file system.
    private string MakeArchive()
    {
        const string Busybox = "/bin/busybox";
        if (!File.Exists(Busybox))
        {
            Assert.Skip("busybox (package busybox-static) is not installed");
        }

        var root = Directory.CreateDirectory(Path.Combine(_engine.Root, "tree", "bin"));
        File.Copy(Busybox, Path.Combine(root.FullName, "busybox"), overwrite: true);
        var archive = Path.Combine(_engine.Root, "tiny.tar");
        using var tar = Process.Start("tar", ["-C", Path.Combine(_engine.Root, "tree"), "-cf", archive, "."]);
        tar.WaitForExit();
        Assert.Equal(0, tar.ExitCode);
        return archive;
    }
}
