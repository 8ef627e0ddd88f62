using System.Diagnostics;

namespace Containers.Module.Tests.EndToEnd;

/// <summary>ConvertTo-, New- and Compare-ContainerImage.</summary>
public sealed class ImageMakingTests : IDisposable
{
    private const string Busybox = "/bin/busybox";
    private readonly EngineSessionFixture _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void A_folder_becomes_an_image_that_runs()
    {
        var tree = MakeTree();
        File.WriteAllText($"{tree}/left-out", "x");

        var image = Assert.IsType<ContainerImage>(_engine.Run(
            $"New-ContainerImage {tree} small:1 -Cmd /bin/busybox, cat, /greeting -Env A=1 -Label k=v -Expose 80 -Volume /data -Author me -Comment why -User 5:6 -WorkingDirectory /bin -Exclude left-out").Single);

        Assert.Equal(("small:1", "5:6", "/bin"), (image.Name, image.User, image.WorkingDirectory));
        Assert.Equal(["hello"], _engine.Run("Invoke-Container small:1 -Rm").Lines);
        Assert.Equal(["1 5 /bin no"], _engine.Run("Invoke-Container small:1 -Rm -- /bin/busybox sh -c 'echo $A $(/bin/busybox id -u) $PWD $(test -e /left-out || echo no)'").Lines);
        Assert.Equal(["why"], _engine.Run("Get-ContainerImageHistory small:1 | ForEach-Object Comment").Lines);
    }

    [Fact]
    public void The_same_source_date_makes_the_same_image()
    {
        var tree = MakeTree();
        var first = _engine.Run($"(New-ContainerImage {tree} one -SourceDate 1700000000).Id").Lines;
        _engine.Run($"Remove-ContainerImage one; [System.IO.File]::SetLastWriteTimeUtc('{tree}/greeting', [datetime]::UtcNow)");

        Assert.Equal(first, _engine.Run($"(New-ContainerImage {tree} one -SourceDateEpoch '2023-11-14T22:13:20Z').Id").Lines);
        Assert.Equal(first, WithSourceDate("1700000000", () => _engine.Run($"(New-ContainerImage {tree} two).Id").Lines));
        Assert.StartsWith("SourceDateInvalid,", WithSourceDate("soon", () => _engine.Fails($"New-ContainerImage {tree} three")).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_becomes_an_image_too()
    {
        var tree = MakeTree();
        using (var tar = Process.Start("tar", ["-C", tree, "-czf", $"{_engine.Root}/tree[1].tar.gz", "."]))
        {
            tar.WaitForExit();
        }

        Assert.Equal(["packed:latest"], _engine.Run($"New-ContainerImage '{_engine.Root}/tree[1].tar.gz' packed -Cmd /bin/busybox, cat, /greeting").Lines);
        Assert.Equal(["hello"], _engine.Run("Invoke-Container packed -Rm").Lines);
    }

    [Theory]
    [InlineData("New-ContainerImage /no/such/folder a", "PathNotFound")]
    [InlineData("New-ContainerImage env:PATH a", "PathNotAFile")]
    [InlineData("New-ContainerImage nodrive:/x a", "PathNotFound")]
    [InlineData("New-ContainerImage /etc/hostname a", "ContainerImageDataInvalid")]
    [InlineData("New-ContainerImage /usr/share/doc host", "ContainerImageArgumentInvalid")]
    [InlineData("New-ContainerImage /usr/share/doc 'Not A Name'", "ContainerImageArgumentInvalid")]
    [InlineData("New-ContainerImage /usr/share/doc a -Exclude /usr", "ContainerImageArgumentInvalid")]
    [InlineData("New-ContainerImage /usr/share/doc a -Expose none", "ContainerImageArgumentInvalid")]
    [InlineData("'/usr/share/perl', '/usr/share/doc' | New-ContainerImage -Name a", "OneNameForSeveralImages")]
    public void What_cannot_be_made_is_refused(string script, string id) => Assert.StartsWith(id + ",", FirstError(script), StringComparison.Ordinal);

    [Fact]
    public void A_container_becomes_an_image_and_both_are_compared()
    {
        _engine.Run($"$null = New-ContainerImage {MakeTree()} base -Cmd /bin/busybox, cat, /greeting");
        _engine.Run("Invoke-Container base -Name work -- /bin/busybox sh -c 'cd /; echo changed > greeting; echo new > added; /bin/busybox rm gone'");

        Assert.Empty(_engine.Run("ConvertTo-ContainerImage work made -WhatIf").Output);
        var made = Assert.IsType<ContainerImage>(_engine.Run("Get-Container work | Commit-Container -Name made:2 -Label kind=snapshot -Comment 'by hand'").Single);
        Assert.Equal(("made:2", 2, "snapshot"), (made.Name, made.Layer.Count, made.Label["kind"]));
        Assert.Equal(["changed"], _engine.Run("Invoke-Container made:2 -Rm").Lines);
        Assert.Null(Assert.IsType<ContainerImage>(_engine.Run("ConvertTo-ContainerImage work -NoPause").Single).Name);

        var differences = _engine.Run("Compare-ContainerImage base made:2 | Where-Object Path -ne /").Output.Select(one => Assert.IsType<ContainerImageDifference>(one.BaseObject)).ToList();
        Assert.Equal(["Added /added", "Removed /gone", "Changed /greeting"], differences.Select(one => one.ToString()));
        Assert.Equal((ContainerFileAspects.Content, ContainerFileType.Regular, 8L, 6L), (differences[2].Aspect & ~ContainerFileAspects.Time, differences[2].Type, differences[2].Size, differences[2].SizeBefore));
        Assert.Equal(
            ["made:2 /added", "made:2 /gone", "made:2 /greeting"],
            _engine.Run("Get-ContainerImage base, made:2 | Compare-ContainerImage -ReferenceImage base | Where-Object Path -ne / | ForEach-Object { \"$($_.DifferenceImage) $($_.Path)\" }").Lines);
    }

    [Theory]
    [InlineData("$null = New-Container host -Name h -- true; ConvertTo-ContainerImage h made", "ContainerNotSupported")]
    [InlineData("ConvertTo-ContainerImage nobody made", "ContainerNotFound")]
    [InlineData("Compare-ContainerImage host host", "ContainerImageNotSupported")]
    [InlineData("Compare-ContainerImage nothing host", "ContainerImageNotFound")]
    public void What_has_no_layers_is_refused(string script, string id) => Assert.StartsWith(id + ",", FirstError(script), StringComparison.Ordinal);

    [Fact]
    public void Differences_are_a_table()
    {
        var lines = _engine.Session.Show(
            "[Containers.ContainerImageDifference]@{ Path = '/etc/motd'; Change = 'Changed'; Aspect = 'Content, Time'; Type = 'Regular'; Size = 2048 }").OutputLines;

        Assert.Equal(["Change", "Aspect", "Type", "Size", "Path"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["Changed", "Content", "Regular", "2", "KiB", "/etc/motd"], lines[2].Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private string FirstError(string script)
    {
        var errors = _engine.Session.Run(script).Errors;
        Assert.Single(errors);
        return errors[0].FullyQualifiedErrorId;
    }

    private static T WithSourceDate<T>(string value, Func<T> run)
    {
        Environment.SetEnvironmentVariable("SOURCE_DATE_EPOCH", value);
        try
        {
            return run();
        }
        finally
        {
            Environment.SetEnvironmentVariable("SOURCE_DATE_EPOCH", null);
        }
    }

    // One static program is a root file system.
    private string MakeTree()
    {
        Assert.SkipUnless(File.Exists(Busybox), "busybox (package busybox-static) is not installed");
        var root = Path.Combine(_engine.Root, "tree");
        foreach (var folder in new[] { "bin", "dev", "proc", "sys" })
        {
            Directory.CreateDirectory(Path.Combine(root, folder));
        }

        File.Copy(Busybox, Path.Combine(root, "bin", "busybox"), overwrite: true);
        File.WriteAllText(Path.Combine(root, "greeting"), "hello\n");
        File.WriteAllText(Path.Combine(root, "gone"), "");
        return root;
    }
}
