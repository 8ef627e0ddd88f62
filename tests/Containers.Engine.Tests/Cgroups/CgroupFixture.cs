using System.Diagnostics;
using Containers.Engine.Cgroups;
using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Cgroups;

/// <summary>The machine's cgroups under a parent of the tests' own, which is removed with all in it.</summary>
public class CgroupFixture : IDisposable
{
    private readonly List<ContainerCgroup> made = [];
    private readonly string mountinfo;
    private readonly CgroupManager? manager;
    private int number;

    public CgroupFixture()
        : this($"pscontainers-test-{Environment.ProcessId}", File.ReadAllText("/proc/self/mountinfo"))
    {
    }

    protected CgroupFixture(string parent, string mountinfo)
    {
        this.mountinfo = mountinfo;
        Parent = parent;
        if (Environment.IsPrivilegedProcess && CgroupMountPoint.Parse(mountinfo).Count > 0)
        {
            manager = CgroupManager.FromMounts(parent, mountinfo);
        }
    }

    internal string Parent { get; }

    internal CgroupManager Manager
    {
        get
        {
            Assert.SkipWhen(manager is null, "needs root, and hierarchies of this version");
            return manager!;
        }
    }

    internal ContainerCgroup Create(ResourceLimits? limits = null, DevicePolicy? devices = null)
    {
        ContainerCgroup cgroup = Manager.Create($"c{++number}", limits ?? new(), devices ?? DevicePolicy.AllowAll);
        made.Add(cgroup);
        return cgroup;
    }

    /// <summary>Runs a shell that moves itself into the cgroup and then becomes the script.</summary>
    internal Run Start(ContainerCgroup cgroup, string script)
    {
        IEnumerable<string> joins = Folders(cgroup).Select(path => $"echo 0 > {path}/cgroup.procs || exit 99\n");
        return new Run(string.Concat(joins) + script);
    }

    /// <summary>Runs a script in the cgroup to its end.</summary>
    internal (int ExitCode, string Output, string Error) RunIn(ContainerCgroup cgroup, string script)
    {
        using Run run = Start(cgroup, script);
        return run.Finish();
    }

    /// <summary>The container's folder in each hierarchy, found by looking.</summary>
    internal IReadOnlyList<string> Folders(ContainerCgroup cgroup) => FoldersNamed($"{Parent}/{cgroup.Id}");

    internal IReadOnlyList<string> FoldersNamed(string name) =>
        [.. CgroupMountPoint.Parse(mountinfo).Select(mount => $"{mount.Path}/{name}").Where(Directory.Exists)];

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        foreach (ContainerCgroup cgroup in made)
        {
            cgroup.Kill();
            cgroup.Remove();
            cgroup.Dispose();
        }

        if (manager is { } used)
        {
            bool isGone = used.RemoveParentIfEmpty();
            used.Dispose();
            Assert.True(isGone, "the tests left cgroups behind");
        }
    }

    /// <summary>A started shell; killed, if it still runs, when disposed.</summary>
    internal sealed class Run : IDisposable
    {
        private readonly Process process;
        private readonly Task<string> output;
        private readonly Task<string> error;

        public Run(string script)
        {
            var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(script);
            process = Process.Start(start)!;
            output = process.StandardOutput.ReadToEndAsync();
            error = process.StandardError.ReadToEndAsync();
        }

        public int Pid => process.Id;

        public (int ExitCode, string Output, string Error) Finish()
        {
            process.StandardInput.Close();
            Assert.True(process.WaitForExit(TimeSpan.FromSeconds(120)), "the process did not end");
            return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
        }

        public bool HasEnded(TimeSpan wait) => process.WaitForExit(wait);

        public void Dispose()
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            process.Dispose();
        }
    }
}
