using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Cgroups;

/// <summary>v1 <c>devices</c> (Documentation/admin-guide/cgroup-v1/devices.rst).</summary>
internal sealed class Cgroup1Devices : ICgroupController
{
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

        folder.Write("devices.deny", "a", "refusing all devices");
        using FileDescriptor allow = folder.Open("devices.allow", LibC.O_WRONLY);
        for (int i = 0; i < policy.Lines.Count; i++)
        {
            // One rule a write: the kernel reads no further than the first.
            Errno errno = Files.TryWriteOnce(allow, policy.Lines[i]);
            if (errno != Errno.None)
            {
                throw folder.Refused($"allowing the device '{policy.Rules[i]}' in '{folder.Path}/devices.allow'", errno);
            }
        }
    }
}
