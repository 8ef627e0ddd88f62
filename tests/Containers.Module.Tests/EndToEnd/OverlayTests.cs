namespace Containers.Module.Tests.EndToEnd;

public sealed class OverlayTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new();

    public OverlayTests()
    {
        foreach (var folder in (string[])["top", "bottom", "upper", "work", "merged", "merged2"])
        {
            Directory.CreateDirectory(At(folder));
        }

        File.WriteAllText(At("top/a"), "top");
        File.WriteAllText(At("bottom/a"), "bottom");
        File.WriteAllText(At("bottom/b"), "bottom");
        _engine.Run($"$null = $ExecutionContext.SessionState.Path.SetLocation('{_engine.Root}')");
    }

    public void Dispose()
    {
        _engine.Session.Run($"$null = $ExecutionContext.SessionState.Path.SetLocation('/'); Dismount-Overlay '{_engine.Root}/*' -Lazy; Dismount-Overlay '/proc/*'; Dismount-ContainerImage *");
        _engine.Dispose();
    }

    [Fact]
    public void An_overlay_is_mounted_listed_asked_and_taken_away()
    {
        var overlay = Assert.IsType<Overlay>(_engine.Run("Mount-Overlay merged ./top, bottom/ -Upper upper -Work work -Option 'volatile,nosuid', nodev").Single);
        Assert.Equal([At("merged"), At("top"), At("bottom"), At("upper"), At("work")], [overlay.Path, .. overlay.Lower, overlay.Upper!, overlay.Work!]);
        Assert.Contains("nosuid,nodev", Mounted(), StringComparison.Ordinal);
        File.Delete($"{overlay}/b");

        Assert.Equal([At("merged")], _engine.Run("Get-Overlay merged").Lines);
        Assert.Contains(At("merged"), _engine.Run("Get-Overlay").Lines);
        Assert.Equal([At("merged")], _engine.Run("Get-Overlay mer*").Lines);
        Assert.Equal([At("top/a"), At("bottom/a"), At("upper/b"), At("bottom/b")], _engine.Run("Get-Overlay merged a, /b").Lines);
        Assert.Equal(["Shown", "Hidden"], _engine.Run("Get-Overlay mer* | Get-Overlay -File a | ForEach-Object State").Lines);

        Assert.Empty(_engine.Run("Get-Overlay merged | Dismount-Overlay -WhatIf").Output);
        Assert.NotEmpty(Mounted());
        Assert.Equal([At("merged")], _engine.Run("Get-Overlay mer* | Dismount-Overlay -PassThru").Lines);
        Assert.Empty(Mounted());
    }

    [Fact]
    public void WhatIf_mounts_nothing()
    {
        Assert.Empty(_engine.Run("Mount-Overlay merged top, bottom -WhatIf; Mount-Overlay -Detached top, bottom -WhatIf").Output);
        Assert.Empty(Mounted());
        Assert.Empty(_engine.Run("Get-Overlay | Where-Object IsDetached").Output);
    }

    [Fact]
    public void A_detached_overlay_is_there_until_it_is_disposed_of_or_dismounted()
    {
        var overlay = Assert.IsType<Overlay>(_engine.Run("$o = Mount-Overlay -Detached -Lower top, bottom; $o").Single);
        Assert.True(overlay.IsDetached);
        Assert.Empty(Mounted());
        Assert.Equal("topbottom", File.ReadAllText($"{overlay}/a") + File.ReadAllText($"{overlay}/b"));
        Assert.Equal([At("top/a"), At("bottom/a")], _engine.Run("Get-Overlay $o a").Lines);
        Assert.Equal(["top"], _engine.Run("Invoke-Container -Rm -Volume \"${o}:/mnt\" host -- cat /mnt/a").Lines);

        _engine.Run("$o | Dismount-Overlay");
        Assert.False(Directory.Exists(overlay.Path));
        var other = (Overlay)_engine.Run("$o = Mount-Overlay -Detached -Lower top; $o").Single;
        _engine.Run("$o.Dispose()");
        Assert.False(Directory.Exists(other.Path));
        Assert.Empty(_engine.Run("Get-Overlay | Where-Object IsDetached").Output);
    }

    [Theory]
    [InlineData("b\\s:c,d e[1]", true)]
    [InlineData("~tilde", true)]
    [InlineData("Env:x", false)]
    public void Names_are_taken_as_they_are(string name, bool isRelative)
    {
        Directory.CreateDirectory(At(name));

        var overlay = Assert.IsType<Overlay>(_engine.Run($"Mount-Overlay merged bottom, '{(isRelative ? name : At(name))}'").Single);

        Assert.Equal(At(name), overlay.Lower[1]);
        var above = Assert.IsType<Overlay>(_engine.Run($"Mount-Overlay '{At(name)}' top").Single);
        Assert.Equal(At(name), above.Path);
        Assert.Equal([At("top/a")], _engine.Run($"Get-Overlay '{At(name)}' a").Lines);
        _engine.Run($"Dismount-Overlay '{At(name)}'");
        Assert.Equal([overlay.Path], _engine.Run("[System.IO.DirectoryInfo]::new((Get-Overlay merged).Path) | Get-Overlay").Lines);
    }

    [Fact]
    public void A_drive_that_is_none_of_the_file_system_is_refused()
    {
        Assert.Contains("drive", _engine.Session.Run("Mount-Overlay merged Env:x").Errors[0].ToString(), StringComparison.Ordinal);
        Assert.Empty(Mounted());
    }

    [Fact]
    public void Errors_have_ids_of_their_own()
    {
        Fails("OverlayNotFound", "Get-Overlay merged");
        Fails("OverlayNotFound", "Dismount-Overlay merged");
        Fails("OverlayNotFound", "Dismount-Overlay /proc");
        Fails("OverlayNotFound", "Mount-Overlay nothing top");
        Fails("OverlayNotFound", "Mount-Overlay merged nothing");
        Fails("OverlayArgumentInvalid", "Mount-Overlay merged top -Upper upper");
        Fails("OverlayArgumentInvalid", "Mount-Overlay merged top, bottom -Option nonsense");
        Fails("ContainerNotFound", "Get-Overlay -Container nothing");
        Fails("ContainerNotFound", "Get-Overlay -Container nothing -File x");
        Fails("PositionalParameterNotFound", "Mount-Overlay merged top -Detached");
        _engine.Run("$null = Mount-Overlay merged top, bottom");
        Fails("OverlayNotFound", "Get-Overlay merged nothing");
        using (File.OpenRead(At("merged/a")))
        {
            Fails("OverlayBusy", "Dismount-Overlay merged");
            _engine.Run("Dismount-Overlay merged -Lazy");
        }

        Assert.Empty(Mounted());
        Assert.Empty(_engine.Run("Get-Overlay no*; Dismount-Overlay no*").Output);
    }

    [Fact]
    public void A_containers_overlay_is_told_and_not_taken_away()
    {
        _engine.Run("$null = New-Container host -Name web -- sleep 1000 | Start-Container; Invoke-ContainerCommand web -- sh -c 'echo x >/etc/issue'");

        var overlay = Assert.IsType<Overlay>(_engine.Run("Get-Overlay -Container (Get-Container web)").Single);
        Assert.Equal(("web", "/", "/"), (overlay.Container, overlay.Path, Assert.Single(overlay.Lower)));
        Assert.Equal([$"{overlay.Upper}/etc/issue", "/etc/issue"], _engine.Run("Get-Overlay -Container w* | Get-Overlay -File /etc/issue").Lines);
        Fails("ParameterArgumentTransformationError", "Get-Container web | Get-Overlay");
        Fails("OverlayOfContainer", "Get-Overlay -Container web | Dismount-Overlay");
        _engine.Run("Stop-Container web -Timeout 0");
        Assert.Equal([$"{overlay.Upper}/etc/issue", "/etc/issue"], _engine.Run("Get-Overlay -Container (Get-Container web) -File /etc/issue").Lines);
        Assert.Empty(_engine.Run("Get-Overlay -Container w*").Output);
        Fails("ContainerNotRunning", "Get-Overlay -Container web");
    }

    [Fact]
    public void A_mounted_image_is_told_and_left_to_its_own_cmdlet()
    {
        _engine.Run($"$null = Import-ContainerImage '{SmallArchive.Make(_engine.Root)}' app");
        var mount = (ContainerImageMount)_engine.Run("Mount-ContainerImage app").Single;

        var overlay = Assert.IsType<Overlay>(_engine.Run($"Get-Overlay '{mount.Path}'").Single);
        var layer = (ContainerLayer)_engine.Run("Get-ContainerLayer app").Single;
        Assert.Equal(("app:latest", layer.Folder), (overlay.Image, Assert.Single(overlay.Lower)));
        Fails("OverlayNotSupported", $"Dismount-Overlay '{mount.Path}'");
        Assert.Empty(_engine.Run("Dismount-Overlay *").Output);
        Assert.Single(_engine.Run("Dismount-ContainerImage app -PassThru").Output);
    }

    private string At(string relative) => Path.Combine(_engine.Root, relative);

    private string Mounted() => string.Join('\n', File.ReadAllLines("/proc/self/mountinfo").Where(line => line.Contains($" {_engine.Root}/", StringComparison.Ordinal)));

    private void Fails(string id, string script) => Assert.StartsWith($"{id},", _engine.Fails(script).FullyQualifiedErrorId, StringComparison.Ordinal);
}
