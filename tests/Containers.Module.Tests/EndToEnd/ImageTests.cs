namespace Containers.Module.Tests.EndToEnd;

public sealed class ImageTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void The_built_in_image_comes_first()
    {
        var image = Assert.IsType<ContainerImage>(_engine.Run("Get-ContainerImage").Single);

        Assert.Equal("host", image.Name);
        Assert.True(image.IsBuiltIn);
    }

    [Fact]
    public void An_archive_becomes_an_image_that_runs_and_goes()
    {
        var archive = MakeArchive();

        var image = Assert.IsType<ContainerImage>(
            _engine.Run($"Import-ContainerImage {archive} -Name small:1 -Cmd /bin/busybox, echo, 'from the image' -Env A=1 -Label k=v").Single);
        Assert.Equal("small:1", image.Name);
        Assert.Equal("v", image.Label["k"]);
        Assert.InRange(image.Size, 1, long.MaxValue);

        Assert.Equal(["small:1"], _engine.Run("Get-ContainerImage small* ").Lines);
        Assert.Equal(["small:1"], _engine.Session.Complete("New-Container sm"));
        Assert.Equal(["from the image"], _engine.Run("Invoke-Container small:1 -Rm").Lines);
        Assert.Equal(["1"], _engine.Run("Invoke-Container (Get-ContainerImage small:1) -Rm -- /bin/busybox sh -c 'echo $A'").Lines);

        Assert.Empty(_engine.Run("Remove-ContainerImage small:1 -WhatIf").Output);
        Assert.Equal(["small:1"], _engine.Run("Get-ContainerImage small:1 | Remove-ContainerImage -PassThru").Lines);
        Assert.Equal(["host"], _engine.Run("Get-ContainerImage").Lines);
    }

    [Fact]
    public void An_image_is_called_as_its_archive_and_comes_by_the_pipeline()
    {
        var archive = MakeArchive();

        Assert.Equal(["tiny:latest"], _engine.Run($"[System.IO.FileInfo]'{archive}' | Import-ContainerImage").Lines);
    }

    [Fact]
    public void Containers_are_made_of_images_from_the_pipeline()
    {
        _engine.Run($"$null = Import-ContainerImage {MakeArchive()} -Name small -Cmd /bin/busybox, true");

        var own = Assert.IsType<Container>(_engine.Run("Get-ContainerImage small | New-Container -Name own").Single);
        Assert.Equal(("small:latest", "own"), (own.Image, own.Name));
        Assert.Equal(["/bin/busybox", "true"], own.Command);

        var words = Assert.IsType<Container>(_engine.Run("Get-ContainerImage small | New-Container -Name words -- /bin/busybox sleep 5").Single);
        Assert.Equal("small:latest", words.Image);
        Assert.Equal(["/bin/busybox", "sleep", "5"], words.Command);

        var several = _engine.Run("'host', 'small' | New-Container -- sleep 5").Output.Select(made => Assert.IsType<Container>(made.BaseObject)).ToList();
        Assert.Equal(["host", "small"], several.ConvertAll(made => made.Image));
        Assert.All(several, made => Assert.Equal(["sleep", "5"], made.Command));

        Assert.Equal(["once"], _engine.Run("New-Container -Image host -Name once -- true").Lines);
    }

    [Fact]
    public void An_image_in_use_is_refused()
    {
        _engine.Run($"$null = Import-ContainerImage {MakeArchive()} -Name used; $null = New-Container used -Name user -- /bin/busybox true");

        Assert.StartsWith("ContainerImageInUse,", _engine.Fails("Remove-ContainerImage used").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/no/such/archive.tar", "ArchiveNotFound")]
    [InlineData("/etc", "ArchiveIsAFolder")]
    [InlineData("/etc/passwd", "ContainerImageDataInvalid")]
    public void What_is_no_archive_is_refused(string path, string id)
    {
        Assert.StartsWith(id + ",", _engine.Fails($"Import-ContainerImage {path} -Name bad").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["host"], _engine.Run("Get-ContainerImage").Lines);
    }

    [Fact]
    public void An_image_that_is_not_there_is_an_error_with_its_own_id() =>
        Assert.StartsWith("ContainerImageNotFound,", _engine.Fails("Get-ContainerImage nothing").FullyQualifiedErrorId, StringComparison.Ordinal);

    [Fact]
    public void The_engine_tells_its_roots_and_counts()
    {
        _engine.Run("$null = New-Container host -Name one -- true");

        var info = Assert.IsType<ContainerEngineInfo>(_engine.Run("Get-ContainerEngine").Single);

        Assert.StartsWith(_engine.Root, info.StateRoot, StringComparison.Ordinal);
        Assert.Equal((1, 0, 1), (info.Containers, info.ContainersRunning, info.Images));
        Assert.Equal(Environment.ProcessorCount, info.Processors);
        Assert.NotEmpty(info.CgroupController);
    }

    private string MakeArchive() => SmallArchive.Make(_engine.Root);
}
