using Containers.Engine.Overlays;
using Containers.Interop;

namespace Containers.Engine.Tests.Overlays;

/// <summary>Folders for overlays, on a disk's file system; at its end the overlays that a test left are taken away, newest first.</summary>
public sealed class OverlayWorkshop : IDisposable
{
    private readonly EngineFixture fixture = new();

    public ContainerEngine Engine => fixture.Engine;

    public EngineFixture Fixture => fixture;

    public string Root => fixture.Root;

    /// <summary>Makes a folder with files: <c>name=content</c>, <c>name/</c>.</summary>
    public string Folder(string relative, params string[] files)
    {
        string folder = fixture.MakeFolder(relative);
        foreach (string file in files)
        {
            string[] parts = file.Split('=', 2);
            string path = $"{folder}/{parts[0]}";
            if (parts.Length == 1)
            {
                Directory.CreateDirectory(path);
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, parts[1]);
        }

        return folder;
    }

    public OverlayOptions Writable(params string[] lower) => new() { Lower = lower, Upper = Folder("upper"), Work = Folder("work") };

    /// <summary>Mounts on the folder <c>merged</c>.</summary>
    public OverlayMount Mount(OverlayOptions options) => Engine.MountOverlay(options, Folder("merged"));

    /// <summary>The line of the kernel's own table about a mount.</summary>
    public static string Line(OverlayMount overlay) =>
        Assert.Single(File.ReadAllLines("/proc/self/mountinfo"), line => line.StartsWith($"{overlay.MountId} ", StringComparison.Ordinal));

    /// <summary>Whether the kernel's own table has anything below this fixture.</summary>
    public bool IsAnythingMounted() => File.ReadAllText("/proc/self/mountinfo").Contains($" {Root}/", StringComparison.Ordinal);

    public void Dispose()
    {
        foreach (OverlayMount overlay in Engine.ListOverlays().Where(one => one.IsDetached || one.Path.StartsWith(Root, StringComparison.Ordinal)).Reverse())
        {
            Engine.DismountOverlay(overlay, isLazy: true);
        }

        fixture.Dispose();
    }
}
