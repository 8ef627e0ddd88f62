using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Cgroups;

/// <summary>Devices on v2: no files, but a program attached to the cgroup (Documentation/admin-guide/cgroup-v2.rst, Device controller).</summary>
internal sealed class Cgroup2Devices : ICgroupController, IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, FileDescriptor> programs = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Name => "devices";

    /// <inheritdoc/>
    public bool IsPerContainer => true;

    /// <inheritdoc/>
    public bool IsAsked(CgroupSettings settings) => settings.Devices is { IsAllowAll: false };

    /// <inheritdoc/>
    public void Apply(CgroupFolder folder, CgroupSettings settings)
    {
        if (settings.Devices is not { IsAllowAll: false } policy)
        {
            return;
        }

        try
        {
            using FileDescriptor cgroup = folder.Open(".", LibC.O_RDONLY | LibC.O_DIRECTORY);
            Bpf.AttachDeviceProgram(cgroup, ProgramOf(policy), folder.Path);
        }
        catch (KernelException e)
        {
            (EngineErrorReason reason, string advice) = e.Errno == Errno.EPERM
                ? (EngineErrorReason.PermissionDenied, "this needs root, or CAP_BPF, CAP_NET_ADMIN and a cgroup without another exclusive program further up")
                : (EngineErrorReason.NotSupported, "the kernel must be built with CONFIG_BPF_SYSCALL and CONFIG_CGROUP_BPF");
            throw new EngineException(reason, folder.Path, $"Limiting the devices of the cgroup '{folder.Path}' failed while {e.Message}: {advice}.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            foreach (FileDescriptor program in programs.Values)
            {
                program.Dispose();
            }

            programs.Clear();
        }
    }

    // Verifying takes longer than attaching, and containers mostly share one policy.
    private FileDescriptor ProgramOf(DevicePolicy policy)
    {
        lock (gate)
        {
            if (!programs.TryGetValue(policy.Key, out FileDescriptor? program))
            {
                program = Bpf.LoadDeviceProgram(DeviceProgram.Compile(policy), "devices");
                programs.Add(policy.Key, program);
            }

            return program;
        }
    }
}
