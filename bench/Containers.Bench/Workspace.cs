using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Containers.Bench;

/// <summary>The temporary folder with the compiled C programs and the one root file system that all contestants use.</summary>
internal sealed class Workspace : IDisposable
{
    internal Workspace()
    {
        string gcc = Command.Find("gcc");
        string tar = Command.Find("tar");
        Folder = Directory.CreateTempSubdirectory("containers-bench-").FullName;
        CgroupName = Path.GetFileName(Folder);
        string root = RootFileSystem;
        foreach (string name in new[] { "proc", "sys", "dev", "etc", "run", "tmp" })
        {
            Directory.CreateDirectory(Path.Combine(root, name));
        }

        try
        {
            Command.Run(gcc, "-O2", "-o", Floor, Source("floor.c"));
            Command.Run(
                gcc, "-O2", "-static", "-nostdlib", "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-o", Path.Combine(root, "true"), Source("true.c"));
            Command.Run(tar, "-C", root, "-cf", Archive, ".");
        }
        catch
        {
            Directory.Delete(Folder, recursive: true);
            Directory.Delete(RunFolder, recursive: true);
            throw;
        }
    }

    internal string Folder { get; }

    /// <summary>The cgroup below which peers make theirs; not there unless one did.</summary>
    internal string CgroupName { get; }

    internal string RootFileSystem => Path.Combine(Folder, "rootfs");

    internal string Floor => Path.Combine(Folder, "floor");

    internal string Archive => Path.Combine(Folder, "image.tar");

    /// <summary>What a runtime keeps in /run, which is a tmpfs nearly everywhere, and so is this.</summary>
    internal string RunFolder { get; } = Directory.CreateDirectory($"/dev/shm/containers-bench-{Environment.ProcessId}").FullName;

    internal string NewRunFolder(string name) => Directory.CreateDirectory(Path.Combine(RunFolder, name)).FullName;

    /// <summary>A configuration file of the engine under test.</summary>
    internal string WriteEngineConfiguration()
    {
        string file = Path.Combine(Folder, "config.json");
        File.WriteAllText(file, new JsonObject { ["stateRoot"] = NewFolder("engine"), ["runtimeRoot"] = NewRunFolder("engine") }.ToJsonString());
        return file;
    }

    internal string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;

    /// <summary>The repository's folder, or null where the program was copied elsewhere.</summary>
    internal static string? Repository
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Containers.slnx")))
            {
                folder = folder.Parent;
            }

            return folder?.FullName;
        }
    }

    /// <summary>A coprocess of this program in another role.</summary>
    internal static string[] Self(params string[] arguments) =>
        [Environment.ProcessPath!, .. Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(Workspace).Assembly.Location] : Array.Empty<string>(), .. arguments];

    /// <summary>A command in mount, pid and, where asked for, network namespaces of its own: its mounts, links and rules vanish with it.</summary>
    internal static string[] Isolated(bool withNetwork, string setUp, params string[] arguments) =>
    [
        Command.Find("unshare"), withNetwork ? "-mnpf" : "-mpf", "--kill-child", "--mount-proc", "--propagation", "private",
        "sh", "-c", setUp + "\nexec \"$@\"", "sh", .. arguments,
    ];

    public void Dispose()
    {
        // A peer's parent cgroups stay empty behind, at any depth.
        foreach (string top in Directory.GetDirectories("/sys/fs/cgroup", CgroupName).Concat(
            Directory.GetDirectories("/sys/fs/cgroup").SelectMany(hierarchy => Directory.GetDirectories(hierarchy, CgroupName))))
        {
            RemoveCgroup(top);
        }

        Command.Run("rm", "-rf", "--one-file-system", Folder, RunFolder);
    }

    private static void RemoveCgroup(string folder)
    {
        foreach (string inner in Directory.GetDirectories(folder))
        {
            RemoveCgroup(inner);
        }

        // Directory.Delete would try the files in it; rmdir(2) is what a cgroup wants. One that is still emptying is tried again.
        for (int attempt = 0; attempt < 50 && rmdir(folder) != 0; attempt++)
        {
            Thread.Sleep(20);
        }
    }

    private static string Source(string name) => Path.Combine(AppContext.BaseDirectory, name);

    [DllImport("libc", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int rmdir(string path);
}
