using System.Text;
using Containers.Engine.Runtime.Launch;
using Containers.Init;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Namespaces;

/// <summary>The launch plan of the process that new namespaces begin with, and which holds them until they are pinned.</summary>
internal static class NamespacePlan
{
    private const ulong Recursive = 0x4000, PrivatePropagation = 0x4_0000, NoSuidNoDevNoExec = 2 | 4 | 8;
    private const int DetachMount = 2, SetName = 15;
    private const int WriteOnlyCloseOnExec = 0x80001;
    private const uint CapabilityVersion3 = 0x20080522;

    /// <summary>Compiles it.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="name">What the namespaces are called.</param>
    /// <param name="pins">The folder in which namespaces are pinned, which a mount namespace is not to keep.</param>
    /// <param name="session">The monitor's end of the socket.</param>
    /// <param name="cgroup">tasks files (v1) that the process writes itself to.</param>
    /// <param name="into">The v2 folder that it is born into; null to stay.</param>
    /// <returns>The plan.</returns>
    public static LaunchPlan Compile(NamespaceOptions options, string name, string pins, int session, IReadOnlyList<int> cgroup, int? into)
    {
        var plan = new PlanBuilder();
        PlanHeader header = PlanBuilder.NewHeader(plan.Inherit(session, isMonitors: true));
        header.Flags = PlanFlags.Hold;
        header.CloneFlags = (ulong)NamespaceKinds.FlagsOf(options.Types.Where(static type => type != NamespaceType.Time));
        header.IntoCgroup = into is int folder ? plan.Inherit(folder, isMonitors: false) : -1;
        foreach (int file in cgroup)
        {
            plan.Call(new("joining the cgroup of what outlives sessions"), SysNr.Write, plan.Inherit(file, isMonitors: false), Text("0"), 1);
        }

        plan.Call(new("leaving the session"), SysNr.Setsid);
        foreach (NamespaceType type in options.Types)
        {
            SetUp(type);
        }

        plan.Call(new("naming the process"), SysNr.Prctl, SetName, Text("ps-namespace"));
        plan.Call(new("leaving the current folder"), SysNr.Chdir, Text("/"));
        PlanArgument version = PlanArgument.Offset(plan.AddStruct([CapabilityVersion3])), none = PlanArgument.Offset(plan.AddStruct([0, 0, 0]));
        plan.Call(new("giving up capabilities"), SysNr.Capset, version, none);
        plan.Do(new("holding the namespaces"), PlanOperation.Hold);
        byte[] bytes = plan.Build(header).ToArray();
        return new LaunchPlan(bytes, plan.Texts, plan.Descriptors, new LaunchSubject(name, $"the namespaces '{name}'", $"Making the namespaces '{name}'", string.Empty, "0"));

        PlanArgument Text(string text) => PlanArgument.Offset(plan.AddString(text));

        void SetUp(NamespaceType type)
        {
            switch (type)
            {
                case NamespaceType.Mount:
                    plan.Call(new("keeping mounts to the new mount namespace"), SysNr.Mount, Text("none"), Text("/"), 0, (long)(Recursive | PrivatePropagation), 0);
                    plan.Call(new("leaving the pins of other namespaces"), SysNr.Umount2, Text(pins), DetachMount).Allow(Errno.EINVAL, Errno.ENOENT);
                    if (options.Types.Contains(NamespaceType.Pid))
                    {
                        // With ids of its own the kernel wants a /proc that nothing is mounted over (mount_namespaces(7)).
                        plan.Call(new("mounting", "/proc"), SysNr.Mount, Text("proc"), Text("/proc"), Text("proc"), (long)NoSuidNoDevNoExec, 0)
                            .Allow(options.Types.Contains(NamespaceType.User) ? Errno.EPERM : Errno.None);
                    }

                    break;
                case NamespaceType.Network:
                    CommandSteps.BringUpLoopback(plan);
                    break;
                case NamespaceType.Uts when options.HostName is { } host:
                    byte[] hostName = Encoding.UTF8.GetBytes(host);
                    plan.Call(new("setting the host name", host), SysNr.Sethostname, PlanArgument.Offset(plan.AddBytes(hostName, 1)), hostName.Length);
                    break;
                case NamespaceType.Time:
                    // Only before the first process is in it; this one is not, it is for its children (time_namespaces(7)).
                    plan.Call(new("making the time namespace"), SysNr.Unshare, NamespaceType.Time.Flag());
                    WriteOffsets();
                    break;
            }
        }

        void WriteOffsets()
        {
            if (options.MonotonicOffset == TimeSpan.Zero && options.BootTimeOffset == TimeSpan.Zero)
            {
                return;
            }

            byte[] text = Encoding.ASCII.GetBytes(Line("monotonic", options.MonotonicOffset) + Line("boottime", options.BootTimeOffset));
            PlanArgument file = plan.NewRegister();
            var what = new StepText("setting the clocks of the time namespace");
            plan.Call(what, SysNr.Openat, Files.CurrentFolder, Text("/proc/self/timens_offsets"), WriteOnlyCloseOnExec, 0).Into(file);
            plan.Call(what, SysNr.Write, file, PlanArgument.Offset(plan.AddBytes(text, 1)), text.Length);
        }
    }

    /// <summary>Whole seconds, rounded down, and the nanoseconds above them.</summary>
    private static string Line(string clock, TimeSpan offset)
    {
        long seconds = (long)Math.Floor(offset.TotalSeconds);
        return $"{clock} {seconds} {(offset.Ticks - (seconds * TimeSpan.TicksPerSecond)) * TimeSpan.NanosecondsPerTick}\n";
    }
}
