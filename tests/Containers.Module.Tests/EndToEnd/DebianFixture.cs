using System.Diagnostics;
using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.EndToEnd;

/// <summary>
/// A real Debian root file system, imported once into roots of its own; sessions are processes of Containers.Shell. At the end nothing may be
/// left: no container, monitor, cgroup, mount or file.
/// </summary>
public sealed class DebianFixture : IDisposable
{
    /// <summary>Made by mmdebstrap where it is missing, and kept for the next run.</summary>
    private const string Archive = "/var/tmp/pscontainers-test-inputs/debian.tar";

    // Overlay uppers need a file system that can hold them; the virtual machine's own root cannot.
    private static readonly string Scratch = Environment.GetEnvironmentVariable("CGROUP2_VM_SCRATCH") ?? "/var/tmp";

    private readonly Dictionary<string, string?> environment;

    public DebianFixture()
    {
        Root = Path.Combine(Scratch, $"containers-debian-{Environment.ProcessId}");
        _ = Directory.CreateDirectory(Root);
        string configuration = Path.Combine(Root, "config.json");
        File.WriteAllText(configuration, $$"""{ "cgroupParent": "{{CgroupParent}}", "images": { "pull": "Never" } }""");
        environment = new(StringComparer.Ordinal) { ["CONTAINERS_ROOT"] = Root, ["CONTAINERS_CONFIG"] = configuration };
        if (MakeArchive())
        {
            ShellResult imported = Session($"Import-ContainerImage -Path '{Archive}' -Name debian | ForEach-Object Name");
            HasDebian = imported.Output.Trim() == "debian:latest";
            Assert.True(HasDebian, imported.Error);
        }
    }

    public static string CgroupParent { get; } = $"pscontainers-test-{Environment.ProcessId}";

    public string Root { get; }

    public bool HasDebian { get; }

    /// <summary>Runs a script in a new session and waits for its end.</summary>
    internal ShellResult Session(string script) => ShellProcess.Run(Repository.Shell, ["-Command", script], environment: environment);

    /// <summary>Starts a session.</summary>
    internal Process Start(string script) => ShellProcess.Start(Repository.Shell, ["-Command", script], environment);

    /// <summary>The pids of the monitors of this fixture's containers.</summary>
    internal IReadOnlyList<int> Monitors() =>
        [.. Directory.GetDirectories("/proc").Select(p => Path.GetFileName(p)).Where(n => n.All(char.IsAsciiDigit)).Where(IsOurs).Select(int.Parse)];

    public void Dispose()
    {
        try
        {
            Session("Get-Container | Remove-Container -Force -Confirm:$false");
            Eventually.Hold("no monitor is left", () => Monitors().Count == 0);
            Assert.Empty(Directory.GetDirectories(Path.Combine(Root, "run", "containers")));
            Assert.Empty(Directory.GetDirectories(Path.Combine(Root, "state", "containers")));
            Assert.DoesNotContain(Root, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
            foreach (string parent in Directory.GetDirectories("/sys/fs/cgroup", CgroupParent, new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 }))
            {
                foreach (string child in Directory.GetDirectories(parent))
                {
                    Assert.Equal("monitors", Path.GetFileName(child));
                    Directory.Delete(child);
                }

                Directory.Delete(parent);
            }
        }
        finally
        {
            Directory.Delete(Root, recursive: true);
        }
    }

    private static bool IsOurs(string pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").Trim() == "ps-monitor"
                && File.ReadAllText($"/proc/{pid}/cgroup").Contains(CgroupParent, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return false;
        }
    }

    private static bool MakeArchive()
    {
        if (File.Exists(Archive))
        {
            return true;
        }

        if (!File.Exists("/usr/bin/mmdebstrap"))
        {
            return false;
        }

        _ = Directory.CreateDirectory(Path.GetDirectoryName(Archive)!);
        string part = Path.Combine(Path.GetDirectoryName(Archive)!, $"part-{Environment.ProcessId}.tar");
        using var process = Process.Start("/usr/bin/mmdebstrap", ["--quiet", "--variant=minbase", "bookworm", part]);
        process.WaitForExit();
        if (process.ExitCode == 0)
        {
            File.Move(part, Archive, overwrite: true);
        }

        return process.ExitCode == 0;
    }
}

/// <summary>Waiting for what happens soon.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static void Hold(string what, Func<bool> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < Patience, $"It did not come to hold that {what}.");
            Thread.Sleep(50);
        }
    }
}
