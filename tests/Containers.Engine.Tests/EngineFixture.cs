using System.Text.Json;
using Containers.Abuse;
using Containers.Engine.Cgroups;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Tests;

/// <summary>
/// An engine on roots and a cgroup parent of its own. At its end nothing may be left: no container, process, cgroup, mount or
/// file. Root file systems are small folders around a static busybox.
/// </summary>
public sealed class EngineFixture : IDisposable
{
    private const string Busybox = "/bin/busybox";
    private static readonly string Base = Environment.GetEnvironmentVariable("CGROUP2_VM_SCRATCH") is { Length: > 0 } scratch ? scratch : "/var/tmp";

    private static readonly string[] Applets =
    [
        "sh", "cat", "ls", "id", "mount", "umount", "mknod", "unshare", "stat", "head", "mkdir", "rm", "ln", "chmod", "chown", "cp", "mv", "dd", "sleep", "true",
        "false", "echo", "test", "grep", "env", "touch", "od", "tr", "find", "readlink", "wc", "cut", "sort", "sed", "hostname", "ps", "kill", "pwd", "printf", "tail",
        "ip", "uname", "nproc", "nice", "yes", "seq", "date", "trap", "awk", "xargs",
    ];

    private readonly string name = $"containers-test-{Guid.NewGuid():N}";
    private readonly LeftoverCheck leftovers;
    private ContainerEngine? engine;

    public EngineFixture()
    {
        Root = $"{Base}/{name}";
        leftovers = new LeftoverCheck(Root, CgroupParent);
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        Directory.CreateDirectory(Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        ConfigurationPath = $"{Root}/config.json";
        Configure();
    }

    /// <summary>A fresh folder on a disk's file system; all of this fixture lies below it.</summary>
    public string Root { get; }

    /// <summary>The engine's configuration file.</summary>
    public string ConfigurationPath { get; } = string.Empty;

    /// <summary>The cgroup above the engine's containers.</summary>
    public string CgroupParent { get; } = $"pscontainers-test-{Environment.ProcessId}";

    /// <summary>The engine's folder of what outlives a reboot.</summary>
    public string StateRoot => $"{Root}/state";

    /// <summary>The engine's folder of what does not.</summary>
    public string RuntimeRoot => $"{Root}/run";

    /// <summary>The engine; the test is skipped where there is no root.</summary>
    public ContainerEngine Engine
    {
        get
        {
            Assert.SkipUnless(Environment.IsPrivilegedProcess, "containers are made as root");
            return engine ??= OpenAnother();
        }
    }

    /// <summary>A second engine on the same roots, as another session has; the caller disposes it.</summary>
    public ContainerEngine OpenAnother() => ContainerEngine.Open(ConfigurationPath);

    /// <summary>Writes the configuration file: the roots, the cgroup parent, and what is added.</summary>
    /// <param name="more">Further keys as JSON text, without braces.</param>
    public void Configure(string more = "")
    {
        string own = $"\"stateRoot\": {Quote(StateRoot)}, \"runtimeRoot\": {Quote(RuntimeRoot)}, \"cgroupParent\": {Quote(CgroupParent)}";
        File.WriteAllText(ConfigurationPath, $"{{ {own}{(more.Length > 0 ? ", " + more : string.Empty)} }}");
    }

    /// <summary>Makes a folder below the fixture's root.</summary>
    public string MakeFolder(string relative) => Directory.CreateDirectory($"{Root}/{relative}").FullName;

    /// <summary>Makes a root file system: busybox and its links in /bin, a passwd and a group file, /tmp.</summary>
    /// <param name="relative">Its name below the fixture's root.</param>
    /// <returns>Its path, for <see cref="ContainerOptions.RootFileSystem"/>.</returns>
    public string MakeRoot(string relative = "rootfs")
    {
        Assert.SkipUnless(File.Exists(Busybox), "busybox (statically linked) is not installed");
        string root = MakeFolder(relative);
        foreach (string folder in (string[])["bin", "etc", "tmp"])
        {
            Directory.CreateDirectory($"{root}/{folder}");
        }

        File.Copy(Busybox, $"{root}/bin/busybox");
        File.SetUnixFileMode($"{root}/bin/busybox", (UnixFileMode)0x1ED);
        foreach (string applet in Applets)
        {
            File.CreateSymbolicLink($"{root}/bin/{applet}", "busybox");
        }

        File.WriteAllText($"{root}/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n");
        File.WriteAllText($"{root}/etc/group", "root:x:0:\nuser:x:1000:\nextra:x:2000:user\n");
        return root;
    }

    /// <summary>Runs a container to its end and removes it.</summary>
    /// <param name="options">What is asked; always removed at its end.</param>
    /// <param name="input">Its standard input; null for none.</param>
    /// <param name="during">Called while it runs.</param>
    /// <returns>How it ended and what it wrote.</returns>
    public RunResult Run(ContainerOptions options, byte[]? input = null, Action<ContainerSnapshot>? during = null)
    {
        using ForegroundProcess container = Engine.Run(options with { RemoveOnExit = true }, input is not null, TestContext.Current.CancellationToken);
        return Finish(container, input, during);
    }

    /// <summary>Runs a shell script in a root file system with the defaults of everything.</summary>
    public RunResult Shell(string root, string script) => Run(new ContainerOptions { RootFileSystem = root, Command = ["sh", "-c", script] });

    /// <summary>Reads a container's output and waits for its end.</summary>
    public static RunResult Finish(ForegroundProcess container, byte[]? input = null, Action<ContainerSnapshot>? during = null)
    {
        Task<string> output = Task.Run(() => ReadAll(container.StandardOutput)), error = Task.Run(() => ReadAll(container.StandardError ?? Stream.Null));
        if (input is not null)
        {
            try
            {
                container.StandardInput!.Write(input);
                container.StandardInput.Dispose();
            }
            catch (IOException)
            {
                // It does not read to the end.
            }
        }

        try
        {
            during?.Invoke(container.Container!);
            Assert.True(Task.WaitAll([output, error], TimeSpan.FromMinutes(3)), "the container's output did not end");
        }
        catch
        {
            container.Signal(9);
            _ = container.WaitForExit(CancellationToken.None);
            throw;
        }

        ProcessEnd ended = container.WaitForExit(TestContext.Current.CancellationToken);
        return new RunResult(ended.ExitCode, output.Result, error.Result, container.Container!);
    }

    /// <summary>Ends and removes every container of this engine.</summary>
    public void RemoveContainers()
    {
        foreach (ContainerSnapshot container in Engine.List())
        {
            Engine.Remove(container.Id, force: true);
        }
    }

    public void Dispose()
    {
        if (ConfigurationPath.Length == 0)
        {
            return;
        }

        var left = new List<string>();
        if (engine is not null)
        {
            left.AddRange(engine.List().Select(c => $"container {c.Name} ({c.State})"));
            RemoveContainers();
            engine.Dispose();
        }

        left.AddRange(ProcessesLeft());
        using (CgroupManager cgroups = CgroupManager.Detect(CgroupParent))
        {
            if (!Patiently(cgroups.RemoveParentIfEmpty))
            {
                left.Add($"cgroups below {CgroupParent}");
            }
        }

        left.AddRange(leftovers.MountsAndFiles());
        using (FileDescriptor above = Files.Open(Files.CurrentFolder, Base, LibC.O_RDONLY | LibC.O_DIRECTORY))
        {
            _ = FolderRemoval.Remove(above.Number, name);
        }

        Assert.True(left.Count == 0, "left behind: " + string.Join("; ", left));
    }

    /// <summary>What containers have left behind, at an instant at which there should be none: processes, cgroups, mounts and files.</summary>
    public string[] Leftovers() => leftovers.Find();

    /// <summary>Tries until it is so, for some seconds: the last steps of a monitor's end follow its last word.</summary>
    public static bool Patiently(Func<bool> isSo) => LeftoverCheck.Patiently(isSo);

    private string[] ProcessesLeft()
    {
        string[] left = [];
        _ = Patiently(() => (left = [.. leftovers.Processes()]).Length == 0);
        return left;
    }

    private static string ReadAll(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}

/// <summary>How a container ended.</summary>
/// <param name="ExitCode">Its exit code; null where its monitor was lost.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
/// <param name="Container">The whole snapshot.</param>
public sealed record RunResult(int? ExitCode, string Output, string Error, ContainerSnapshot Container)
{
    /// <summary>The output, of a command that must have ended well.</summary>
    public string Good()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}{Error}");
        return Output;
    }
}
