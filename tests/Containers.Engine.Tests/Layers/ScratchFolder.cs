using System.Diagnostics;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Tests.Layers;

/// <summary>A folder of one test on a disk's file system (extended attributes of every kind), removed with all in it afterwards.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private const string Base = "/var/tmp";
    private readonly string name = $"containers-test-{Guid.NewGuid():N}";

    public ScratchFolder()
    {
        using FileDescriptor above = Files.Open(Files.CurrentFolder, Base, LibC.O_RDONLY | LibC.O_DIRECTORY);
        Assert.True(Files.MakeFolder(above.Number, name, 0x1C0));
        Path = $"{Base}/{name}";
    }

    public string Path { get; }

    public string MakeFolder(string relative)
    {
        Directory.CreateDirectory($"{Path}/{relative}");
        return $"{Path}/{relative}";
    }

    public static FileDescriptor Open(string path) => Files.Open(Files.CurrentFolder, path, LibC.O_RDONLY | LibC.O_DIRECTORY);

    /// <summary>Runs a shell script in the folder; it must succeed.</summary>
    public string Shell(string script)
    {
        var start = new ProcessStartInfo("/bin/bash") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path };
        start.ArgumentList.Add("-euc");
        start.ArgumentList.Add(script);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script}\nended with {process.ExitCode}:\n{output}{errors.Result}");
        return output;
    }

    public static bool HasTool(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':').Any(folder => File.Exists($"{folder}/{tool}"));

    public static void SkipWithout(string tool)
    {
        if (!HasTool(tool))
        {
            Assert.Skip($"{tool} is not installed");
        }
    }

    public void Dispose()
    {
        using FileDescriptor above = Files.Open(Files.CurrentFolder, Base, LibC.O_RDONLY | LibC.O_DIRECTORY);
        _ = FolderRemoval.Remove(above.Number, name);
    }
}
