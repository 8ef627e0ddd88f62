using System.Diagnostics;

namespace Containers.Module.Tests.EndToEnd;

/// <summary>The archive of the smallest root file system that runs something: one static program.</summary>
internal static class SmallArchive
{
    private const string Busybox = "/bin/busybox";

    /// <summary>Makes it.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">Its name.</param>
    /// <returns>Its path.</returns>
    public static string Make(string folder, string name = "Tiny.tar.gz")
    {
        if (!File.Exists(Busybox))
        {
            Assert.Skip("busybox (package busybox-static) is not installed");
        }

        var root = Directory.CreateDirectory(Path.Combine(folder, "tree", "bin"));
        File.Copy(Busybox, Path.Combine(root.FullName, "busybox"), overwrite: true);
        File.Delete(Path.Combine(root.FullName, "sh"));
        File.CreateSymbolicLink(Path.Combine(root.FullName, "sh"), "busybox");
        var archive = Path.Combine(folder, name);
        using var tar = Process.Start("tar", ["-C", Path.Combine(folder, "tree"), "-czf", archive, "."]);
        tar.WaitForExit();
        Assert.Equal(0, tar.ExitCode);
        return archive;
    }
}
