using System.Diagnostics;

namespace Containers.Module.Tests.EndToEnd;

public sealed class ImageStorageTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new();

    public void Dispose()
    {
        _engine.Session.Run("Dismount-ContainerImage *");
        _engine.Dispose();
    }

    [Fact]
    public void An_image_gets_other_names_and_keeps_its_own()
    {
        Import("app:1");

        var tagged = Assert.IsType<ContainerImage>(_engine.Run("Add-ContainerImageTag app:1 registry.example.org/team/app:2 -PassThru").Single);
        Assert.Equal("registry.example.org/team/app:2", tagged.Name);
        Assert.Empty(_engine.Run("Get-ContainerImage app:1 | Add-ContainerImageTag -NewName app:old, app -WhatIf").Output);
        Assert.Empty(_engine.Run("Get-ContainerImage app:1 | Add-ContainerImageTag -NewName app:old, app").Output);
        Assert.Equal(["app:1", "app:latest", "app:old", "host", "registry.example.org/team/app:2"], _engine.Run("Get-ContainerImage").Lines.Order(StringComparer.Ordinal));
        Assert.StartsWith("ContainerImageArgumentInvalid,", _engine.Fails("Add-ContainerImageTag app:1 'Not A Name'").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("ContainerImageNotFound,", _engine.Fails("Add-ContainerImageTag nothing other").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("ContainerImageArgumentInvalid,", _engine.Fails("Add-ContainerImageTag host other").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void History_and_layers_of_an_image_are_told()
    {
        Import("app");

        var step = Assert.IsType<ContainerImageHistory>(_engine.Run("Get-ContainerImageHistory app").Single);
        var layer = Assert.IsType<ContainerLayer>(_engine.Run("Get-ContainerLayer app").Single);
        Assert.Equal(("app:latest", "Import-ContainerImage", layer.Id), (step.Image, step.CreatedBy, step.Layer));
        Assert.Equal(["app:latest"], layer.Image);
        Assert.True(File.Exists(Path.Combine(layer.Folder, "bin", "busybox")));
        Assert.Empty(_engine.Run("Get-ContainerImageHistory host").Output);

        _engine.Run("$null = New-Container app -Name user -- true; Remove-ContainerImage app -Force");
        Assert.Equal(["user"], Assert.IsType<ContainerLayer>(_engine.Run("Get-ContainerLayer").Single).Container);
    }

    [Fact]
    public void A_sound_image_passes_and_a_damaged_one_is_told_by_digest()
    {
        Import("app");
        var sound = Assert.IsType<ContainerImageCheck>(_engine.Run("Test-ContainerImage app").Single);
        Assert.True(sound.IsSound, string.Join('\n', sound.Problem));
        Assert.Equal(3, sound.Blobs);
        Assert.True(Assert.IsType<bool>(_engine.Run("Get-ContainerImage app | Test-ContainerImage -Quiet").Single));

        var blob = ((ContainerLayer)_engine.Run("Get-ContainerLayer app").Single).Blob!;
        using (var file = File.OpenWrite(Path.Combine(_engine.Root, "state", "images", "blobs", "sha256", blob["sha256:".Length..])))
        {
            file.Position = file.Length - 4;
            file.Write([1, 2, 3, 4]);
        }

        var damaged = Assert.IsType<ContainerImageCheck>(_engine.Run("Test-ContainerImage app").Single);
        Assert.False(damaged.IsSound);
        Assert.Contains(blob, Assert.Single(damaged.Problem), StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_is_mounted_read_only_and_stays_as_long_as_it_is()
    {
        Import("app");

        var mount = Assert.IsType<ContainerImageMount>(_engine.Run("Get-ContainerImage app | Mount-ContainerImage").Single);
        Assert.True(File.Exists(Path.Combine(mount.Path, "bin", "busybox")));
        Assert.Throws<IOException>(() => File.WriteAllText(Path.Combine(mount.Path, "new"), "x"));
        Assert.StartsWith("ContainerImageInUse,", _engine.Fails("Remove-ContainerImage app").FullyQualifiedErrorId, StringComparison.Ordinal);
        var options = File.ReadAllLines("/proc/self/mountinfo").Single(line => line.Contains(mount.Path, StringComparison.Ordinal));
        Assert.Contains("ro,nosuid,nodev", options, StringComparison.Ordinal);

        Assert.Equal([mount.Path], _engine.Run("Dismount-ContainerImage app -PassThru").Lines);
        Assert.False(Directory.Exists(mount.Path));
        Assert.StartsWith("ContainerImageNotMounted,", _engine.Fails("Dismount-ContainerImage app").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(_engine.Run("Remove-ContainerImage app").Output);
    }

    [Fact]
    public void What_is_not_in_use_is_shown_and_cleared_and_the_rest_stays()
    {
        Import("used");
        Import("free");
        _engine.Run("$null = New-Container used -Name kept -- /bin/busybox sleep 1000; $null = Start-Container kept; $null = New-Container host -Name stopped -- true");

        var image = Usage(ContainerStorageKind.Image);
        Assert.Equal((2, 1), (image.Count, image.InUse));
        Assert.InRange(image.Reclaimable, 1, image.Size);
        Assert.Equal((2, 1), (Usage(ContainerStorageKind.Container).Count, Usage(ContainerStorageKind.Container).InUse));

        Assert.Empty(_engine.Run("Clear-ContainerStorage -All -WhatIf").Output);
        Assert.Empty(_engine.Run("Clear-ContainerStorage -All -OlderThan 1h -Confirm:$false").Output);
        var cleared = _engine.Run("Clear-ContainerStorage -All -Confirm:$false").Output.Select(item => (ContainerStorageItem)item.BaseObject).ToList();
        Assert.Equal(
            [(ContainerStorageKind.Container, "stopped"), (ContainerStorageKind.Image, "free:latest")],
            cleared.ConvertAll(item => (item.Kind, item.Name)));
        Assert.Equal(["kept"], _engine.Run("Get-Container").Lines);
        Assert.Equal(["host", "used:latest"], _engine.Run("Get-ContainerImage").Lines);
        Assert.Equal(0, Usage(ContainerStorageKind.Leftover).Size);
    }

    [Fact]
    public void What_a_killed_session_left_is_counted_and_cleared()
    {
        Import("app");
        var left = Directory.CreateDirectory(Path.Combine(_engine.Root, "state", "staging", "dead", "0", "layer"));
        File.WriteAllBytes(Path.Combine(left.FullName, "half"), new byte[100_000]);

        Assert.InRange(Usage(ContainerStorageKind.Leftover).Size, 100_000, 200_000);
        Assert.InRange(Assert.IsType<ContainerStorageItem>(_engine.Run("Clear-ContainerStorage Leftover -Confirm:$false").Single).Size, 100_000, 200_000);
        Assert.Equal(0, Usage(ContainerStorageKind.Leftover).Size);
        Assert.Equal(["host", "app:latest"], _engine.Run("Get-ContainerImage").Lines);
    }

    private ContainerStorageUsage Usage(ContainerStorageKind kind) =>
        _engine.Run("Measure-ContainerStorage").Output.Select(usage => (ContainerStorageUsage)usage.BaseObject).Single(usage => usage.Kind == kind);

    private void Import(string name)
    {
        const string Busybox = "/bin/busybox";
        if (!File.Exists(Busybox))
        {
            Assert.Skip("busybox (package busybox-static) is not installed");
        }

        var tree = Path.Combine(_engine.Root, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(Path.Combine(tree, "bin"));
        File.Copy(Busybox, Path.Combine(tree, "bin", "busybox"));
        File.WriteAllText(Path.Combine(tree, "name"), name);
        using var tar = Process.Start("tar", ["-C", tree, "-cf", tree + ".tar", "."]);
        tar.WaitForExit();
        Assert.Equal(0, tar.ExitCode);
        _engine.Run($"$null = Import-ContainerImage {tree}.tar -Name {name}");
    }
}
