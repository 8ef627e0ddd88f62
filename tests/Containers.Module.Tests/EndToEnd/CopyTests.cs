namespace Containers.Module.Tests.EndToEnd;

/// <summary>Copy-ContainerItem, Export-Container and Compare-Container.</summary>
public sealed class CopyTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("Copy-ContainerItem ROOT/file web:/tmp/", "/tmp/file")]
    [InlineData("Copy-ContainerItem ROOT/file web:new", "/new")]
    [InlineData("Copy-ContainerItem ROOT/fi* web:/tmp/", "/tmp/file")]
    [InlineData("Copy-ContainerItem -ToContainer w* -Source ROOT/file -Destination /tmp/", "/tmp/file")]
    [InlineData("Copy-ContainerItem ROOT/file /tmp/a:b -ToContainer (Get-Container web)", "/tmp/a:b")]
    [InlineData("[IO.FileInfo]'ROOT/file' | Copy-ContainerItem -Destination web:/tmp", "/tmp/file")]
    [InlineData("[IO.FileInfo]'ROOT/file' | Copy-ContainerItem web:/tmp/", "/tmp/file")]
    [InlineData("'ROOT/file' | Cp-Container -Destination web:/tmp", "/tmp/file")]
    [InlineData("Copy-ContainerItem ROOT/folder/. web:/tmp", "/tmp/file")]
    [InlineData("Copy-ContainerItem ROOT/folder web:/tmp/x/", "/tmp/x/file")]
    [InlineData("Copy-ContainerItem ROOT/file web:/a; Copy-ContainerItem web:/a - | Copy-ContainerItem - web:/tmp", "/tmp/a")]
    public void A_file_gets_in_by_each_way_that_people_write_it(string script, string path)
    {
        Make();
        Assert.Empty(_engine.Run(script.Replace("ROOT", _engine.Root, StringComparison.Ordinal)).Output);
        Assert.Equal(["hello"], _engine.Run($"Copy-ContainerItem -FromContainer web '{path}' {_engine.Root}/back; [IO.File]::ReadAllText('{_engine.Root}/back')").Lines);
    }

    [Fact]
    public void What_was_made_is_passed_on_where_it_is_asked_for()
    {
        Make();
        Assert.Equal("web", Assert.IsType<Container>(_engine.Run($"Copy-ContainerItem {_engine.Root}/file web:/tmp/ -PassThru").Single).Name);
        Assert.Equal($"{_engine.Root}/tmp", Assert.IsType<DirectoryInfo>(_engine.Run($"Copy-ContainerItem web:/tmp {_engine.Root} -PassThru").Single).FullName);
        Assert.Equal($"{_engine.Root}/x", Assert.IsType<FileInfo>(_engine.Run($"Copy-ContainerItem web:/tmp/file {_engine.Root}/x -PassThru").Single).FullName);
        Assert.Empty(_engine.Run($"Copy-ContainerItem web:/tmp {_engine.Root}/whatif -WhatIf").Output);
        Assert.False(Directory.Exists($"{_engine.Root}/whatif"));
    }

    [Theory]
    [InlineData("Copy-ContainerItem nothing:/x /var/tmp", "ContainerNotFound")]
    [InlineData("Copy-ContainerItem web:/nothing /var/tmp", "ContainerPathNotFound")]
    [InlineData("Copy-ContainerItem /nothing web:/tmp", "ContainerPathNotFound")]
    [InlineData("Copy-ContainerItem /etc web:/bin/busybox", "ContainerPathExists")]
    [InlineData("Copy-ContainerItem web:/proc /var/tmp", "ContainerNotSupported")]
    [InlineData("Copy-ContainerItem web:/bin/busybox/ /var/tmp", "ContainerArgumentInvalid")]
    [InlineData("Copy-ContainerItem /etc/passwd /var/tmp", "CopyWithoutContainer")]
    [InlineData("Copy-ContainerItem web:/bin web:/tmp", "CopyBetweenContainers")]
    [InlineData("Copy-ContainerItem", "CopyNeedsSource")]
    [InlineData("Copy-ContainerItem /etc/passwd", "CopyNeedsDestination")]
    [InlineData("Copy-ContainerItem - web:/tmp", "CopyNeedsBytes")]
    [InlineData("Copy-ContainerItem env:PATH web:/tmp", "CopyOfNoFile")]
    [InlineData("1,2,3 | Copy-ContainerItem -Destination web:/tmp", "CopyOfNoFile")]
    [InlineData("(,[Text.Encoding]::ASCII.GetBytes('x' * 2048)) | Copy-ContainerItem -Destination web:/tmp", "ContainerDataInvalid")]
    [InlineData("Compare-Container nothing", "ContainerNotFound")]
    [InlineData("Export-Container nothing", "ContainerNotFound")]
    [InlineData("Export-Container web /nothing/x.tar", "ArchiveFolderNotFound")]
    [InlineData("Export-Container web /etc/passwd", "ArchiveExists")]
    public void What_cannot_be_done_is_told_by_an_id_of_its_own(string script, string id)
    {
        Make();
        Assert.StartsWith(id + ",", FirstError(script), StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_is_compared_with_its_image_and_exported()
    {
        Make();
        _engine.Run($"Copy-ContainerItem {_engine.Root}/file web:/added");
        var difference = Assert.IsType<ContainerImageDifference>(_engine.Run("Get-Container web | Diff-Container | Where-Object Path -eq /added").Single);
        Assert.Equal(("/added", ContainerFileChange.Added, 5L, "tiny", "web"), (difference.Path, difference.Change, difference.Size, difference.ReferenceImage, difference.DifferenceImage));
        Assert.Equal($"{_engine.Root}/web.tar", Assert.IsType<FileInfo>(_engine.Run($"Export-Container web {_engine.Root}/web.tar -PassThru").Single).FullName);
        Assert.Equal(["flat:latest"], _engine.Run($"(Import-ContainerImage {_engine.Root}/web.tar -Name flat).Name").Lines);
        Assert.Equal(["piped:latest"], _engine.Run("(Export-Container web | Import-ContainerImage -Name piped).Name").Lines);
        Assert.Equal(["hello"], _engine.Run("Invoke-Container piped -Rm -- /bin/busybox cat /added").Lines);
    }

    private void Make()
    {
        _engine.Run($"$null = Import-ContainerImage {SmallArchive.Make(_engine.Root)} -Name tiny; $null = New-Container -Name web tiny -- /bin/busybox sleep 1000");
        File.WriteAllText($"{_engine.Root}/file", "hello");
        Directory.CreateDirectory($"{_engine.Root}/folder");
        File.WriteAllText($"{_engine.Root}/folder/file", "hello");

        // A folder that is not in the archive.
        _engine.Run($"$null = Copy-ContainerItem {Directory.CreateDirectory($"{_engine.Root}/empty/tmp").Parent}/. web:/");
        _engine.Run($"$null = [IO.Directory]::Delete('{_engine.Root}/empty', $true)");
    }

    private string FirstError(string script)
    {
        try
        {
            return _engine.Session.Run(script).Errors[0].FullyQualifiedErrorId;
        }
        catch (System.Management.Automation.RuntimeException e)
        {
            return e.ErrorRecord.FullyQualifiedErrorId;
        }
    }
}
