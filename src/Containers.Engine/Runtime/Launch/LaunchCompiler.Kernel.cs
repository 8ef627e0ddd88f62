using Containers.Init;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Runtime.Launch;

/// <content>/proc, /dev, /sys and what is hidden in them.</content>
internal sealed partial class LaunchCompiler
{
    private const int FsOpenCloseOnExec = 1, FsMountCloseOnExec = 1, SetFlag = 0, SetString = 1, Create = 6;
    private const int MoveFromEmptyPath = 0x04, MoveToEmptyPath = 0x40, TreeClone = 1, EmptyPath = 0x1000, Recursive = 0x8000;
    private const long AttributeReadOnly = 1, AttributeNoSuid = 2, AttributeNoDev = 4, AttributeNoExec = 8;
    private const int SymlinkNoFollow = 0x100;
    private const long ProcMagic = 0x9fa0;
    private const int CharacterDevice = 0x2000;
    private const int DevicePermissions = 0x1b6;

    private static readonly int DirectoryOnly = Tmds.Linux.LibC.O_DIRECTORY;
    private static readonly int NoFollow = Tmds.Linux.LibC.O_NOFOLLOW;

    private static readonly (string Name, int Major, int Minor)[] DefaultDevices =
        [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

    private static readonly (string Name, string Target)[] DefaultLinks =
    [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2"),
        ("ptmx", "pts/ptmx"), ("core", "/proc/kcore"),
    ];

    // The OCI runtimes' default, as Docker has it.
    private static readonly string[] MaskedInProc =
        ["acpi", "asound", "interrupts", "kcore", "keys", "latency_stats", "sched_debug", "scsi", "timer_list", "timer_stats"];

    private static readonly string[] MaskedInSys = ["devices/virtual/powercap", "firmware"];

    private static readonly string[] ReadOnlyInProc = ["bus", "fs", "irq", "sys", "sysrq-trigger"];

    private PlanArgument sys;
    private PlanArgument hollow;

    private bool ArePathsRestricted => !Options.Privileged && !Options.SystemPathsUnconfined;

    private void MountProc()
    {
        PlanArgument target = OpenOwnFolder("proc");
        var text = new StepText("mounting", "/proc");
        proc = MakeMount(text, "proc", AttributeNoSuid | AttributeNoDev | AttributeNoExec, []);
        plan.Call(text, SysNr.MoveMount, proc, empty, target, empty, MoveFromEmptyPath | MoveToEmptyPath);

        // Everything written to /proc from here on goes through this descriptor of the mount just made.
        plan.Do(new("checking that /proc is procfs"), PlanOperation.VerifyFileSystem, proc, ProcMagic, 0);
    }

    private void MountDev()
    {
        PlanArgument target = OpenOwnFolder("dev");
        var text = new StepText("mounting", "/dev");
        PlanArgument dev = MakeMount(text, "tmpfs", AttributeNoSuid, [("mode", "755"), ("size", "65536k")]);
        plan.Call(text, SysNr.MoveMount, dev, empty, target, empty, MoveFromEmptyPath | MoveToEmptyPath);
        foreach ((string name, int major, int minor) in DefaultDevices)
        {
            plan.Call(new("making the device", $"/dev/{name}"), SysNr.Mknodat, dev, Text(name), CharacterDevice | DevicePermissions, (major << 8) | minor);
        }

        foreach (LaunchDevice device in request.HostDevices)
        {
            plan.WithOwnRegisters(() => MakeHostDevice(dev, device));
        }

        foreach ((string name, string to) in DefaultLinks)
        {
            plan.Call(new("making the link", $"/dev/{name}"), SysNr.Symlinkat, Text(to), dev, Text(name));
        }

        MountIn(dev, "pts", "devpts", AttributeNoSuid | AttributeNoExec, [("newinstance", null), ("ptmxmode", "0666"), ("mode", "0620"), .. TerminalGroup()]);
        MountSharedMemory(dev);
        if (!HasUsers)
        {
            MountMessageQueues(dev);
        }
    }

    private (string, string?)[] TerminalGroup() =>
        request.Users is not { } users ? [("gid", "5")] : users.TerminalGroup is { } group ? [("gid", Number(group))] : [];

    /// <summary>Those of the IPC namespace that the process is in.</summary>
    private void MountMessageQueues(PlanArgument dev) => MountIn(dev, "mqueue", "mqueue", AttributeNoSuid | AttributeNoDev | AttributeNoExec, []);

    private void MakeHostDevice(PlanArgument dev, LaunchDevice device)
    {
        var text = new StepText("making the device", $"/dev/{device.Path}");
        int slash = device.Path.LastIndexOf('/');
        PlanArgument folder = dev;
        if (slash > 0)
        {
            folder = plan.NewRegister();
            plan.Do(text, PlanOperation.MakeFolders, dev, Text(device.Path[..slash]), 0x1ed).Into(folder);
        }

        plan.Call(text, SysNr.Mknodat, folder, Text(device.Path[(slash + 1)..]), device.Mode, device.Number).Allow(Errno.EEXIST);
        if ((device.Uid | device.Gid) != 0)
        {
            plan.Call(text, SysNr.Fchownat, folder, Text(device.Path[(slash + 1)..]), device.Uid, device.Gid, SymlinkNoFollow);
        }

        if (slash > 0)
        {
            plan.Call(text, SysNr.Close, folder);
        }
    }

    private void MountSys()
    {
        PlanArgument target = OpenOwnFolder("sys");
        var text = new StepText("mounting", "/sys");
        long readOnly = Options.Privileged ? 0 : AttributeReadOnly;
        sys = MakeMount(text, "sysfs", AttributeNoSuid | AttributeNoDev | AttributeNoExec | readOnly, []);
        plan.Call(text, SysNr.MoveMount, sys, empty, target, empty, MoveFromEmptyPath | MoveToEmptyPath);
        MountCgroups(readOnly);
    }

    /// <summary>The container's own cgroup in each hierarchy, read-only: release_agent and limits are out of its reach.</summary>
    private void MountCgroups(long readOnly)
    {
        const long attributes = AttributeNoSuid | AttributeNoDev | AttributeNoExec;
        PlanArgument folder = plan.NewRegister();
        var text = new StepText("mounting", "/sys/fs/cgroup");
        plan.Call(text, SysNr.Openat2, sys, Text("fs/cgroup"), OpenHow(PathOnly | DirectoryOnly, ResolveFlags.Beneath | ResolveFlags.NoSymlinks), 24).Into(folder);
        if (request.Cgroup.Shown.All(shown => shown.Target.Length > 0))
        {
            PlanArgument tmpfs = MakeMount(text, "tmpfs", attributes, [("mode", "755")]);
            plan.Call(text, SysNr.MoveMount, tmpfs, empty, folder, empty, MoveFromEmptyPath | MoveToEmptyPath);
            foreach ((string target, string source) in request.Cgroup.Shown)
            {
                plan.WithOwnRegisters(() => ShowCgroup(target, source, tmpfs, attributes | readOnly));
            }

            foreach ((string name, string target) in request.Cgroup.Links)
            {
                plan.Call(text, SysNr.Symlinkat, Text(target), tmpfs, Text(name));
            }

            if (readOnly != 0)
            {
                SetAttributes(text, tmpfs, AttributeReadOnly, 0);
            }
        }
        else
        {
            ShowCgroup(string.Empty, request.Cgroup.Shown[0].Source, folder, attributes | readOnly);
        }
    }

    private void ShowCgroup(string target, string source, PlanArgument folder, long attributes)
    {
        var text = new StepText("showing the cgroup", source);
        PlanArgument tree = plan.NewRegister();
        plan.Call(text, SysNr.OpenTree, CurrentFolder, Text(source), TreeClone | CloseOnExec).Into(tree);
        SetAttributes(text, tree, attributes, 0);
        if (target.Length > 0)
        {
            plan.Call(text, SysNr.Mkdirat, folder, Text(target), 0x1ed);
            plan.Call(text, SysNr.MoveMount, tree, empty, folder, Text(target), MoveFromEmptyPath);
        }
        else
        {
            plan.Call(text, SysNr.MoveMount, tree, empty, folder, empty, MoveFromEmptyPath | MoveToEmptyPath);
        }
    }

    private void RestrictSystemPaths()
    {
        if (!ArePathsRestricted)
        {
            return;
        }

        PlanArgument nothing = plan.NewRegister();
        plan.Call(new("opening", "/dev/null"), SysNr.Openat, CurrentFolder, Text("/dev/null"), PathOnly | CloseOnExec | NoFollow, 0).Into(nothing);
        plan.Do(new("checking that this is the null device:", "/dev/null"), PlanOperation.VerifyDevice, nothing, 1, 3);
        if (!HasUsers)
        {
            MountHollow(string.Empty);
        }

        foreach (string path in MaskedInProc)
        {
            plan.Do(new("hiding", $"/proc/{path}"), PlanOperation.MaskPath, proc, Text(path), nothing, hollow);
        }

        foreach (string path in MaskedInSys)
        {
            plan.Do(new("hiding", $"/sys/{path}"), PlanOperation.MaskPath, sys, Text(path), nothing, hollow);
        }

        foreach (string path in ReadOnlyInProc)
        {
            PlanArgument tree = plan.NewRegister();
            PlanArgument name = Text(path);
            var text = new StepText("making read-only", $"/proc/{path}");
            plan.Call(text, SysNr.OpenTree, proc, name, TreeClone | CloseOnExec | Recursive).Into(tree).Allow(Errno.ENOENT, skip: 2);
            SetAttributes(text, tree, AttributeReadOnly | AttributeNoSuid | AttributeNoDev | AttributeNoExec, Recursive);
            plan.Call(text, SysNr.MoveMount, tree, empty, proc, name, MoveFromEmptyPath);
        }
    }

    /// <summary>The empty folder that covers others.</summary>
    private void MountHollow(string owner)
    {
        hollow = plan.NewRegister();
        PlanArgument staging = Text(request.StagingPoint);
        plan.Call(
            new("mounting an empty folder"), SysNr.Mount, Text("tmpfs"), staging, Text("tmpfs"), MountReadOnly | MountNoSuid | MountNoDev | MountNoExec, Text($"size=4k,mode=755{owner}"));
        plan.Call(new("opening the empty folder"), SysNr.Openat, CurrentFolder, staging, PathOnly | CloseOnExec | DirectoryOnly, 0).Into(hollow);
    }

    /// <summary>A folder at the root for one of the kernel's file systems: a plain folder, no link, made if missing.</summary>
    private PlanArgument OpenOwnFolder(string name)
    {
        PlanArgument folder = plan.NewRegister();
        PlanArgument text = Text(name);
        var what = new StepText("opening the mount point (a plain folder it must be)", $"/{name}");
        plan.Call(what, SysNr.Mkdirat, root, text, 0x1ed).Allow(Errno.EEXIST, Errno.EROFS);
        plan.Call(what, SysNr.Openat2, root, text, OpenHow(PathOnly | DirectoryOnly | NoFollow, ResolveFlags.Beneath | ResolveFlags.NoSymlinks), 24).Into(folder);
        return folder;
    }

    /// <summary>A detached mount of a new file system (fsopen(2), fsmount(2)); its descriptor stays good once it is attached.</summary>
    private PlanArgument MakeMount(StepText text, string type, long attributes, ReadOnlySpan<(string Key, string? Value)> options)
    {
        PlanArgument context = plan.NewRegister(), mount = plan.NewRegister();
        PlanArgument name = Text(type);
        plan.Call(text, SysNr.Fsopen, name, FsOpenCloseOnExec).Into(context);
        plan.Call(text, SysNr.Fsconfig, context, SetString, Text("source"), name, 0);
        foreach ((string key, string? value) in options)
        {
            plan.Call(text, SysNr.Fsconfig, context, value is null ? SetFlag : SetString, Text(key), value is null ? 0 : Text(value), 0);
        }

        plan.Call(text, SysNr.Fsconfig, context, Create, 0, 0, 0);
        plan.Call(text, SysNr.Fsmount, context, FsMountCloseOnExec, attributes).Into(mount);
        plan.Call(text, SysNr.Close, context);
        return mount;
    }

    private void MountIn(PlanArgument folder, string name, string type, long attributes, ReadOnlySpan<(string Key, string? Value)> options)
    {
        var text = new StepText("mounting", $"/dev/{name}");
        PlanArgument mount = MakeMount(text, type, attributes, options);
        PlanArgument target = Text(name);
        plan.Call(text, SysNr.Mkdirat, folder, target, 0x1ed).Allow(Errno.EEXIST);
        plan.Call(text, SysNr.MoveMount, mount, empty, folder, target, MoveFromEmptyPath);
    }

    private void SetAttributes(StepText text, PlanArgument mount, long attributes, int flags)
    {
        PlanArgument change = PlanArgument.Offset(plan.AddStruct([attributes, 0, 0, 0]));
        plan.Call(text, SysNr.MountSetattr, mount, empty, EmptyPath | flags, change, 32);
    }
}
