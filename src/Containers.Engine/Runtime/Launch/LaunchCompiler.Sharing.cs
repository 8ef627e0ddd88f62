using Containers.Init;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Runtime.Launch;

/// <content>Namespaces that are not the container's own. That of processes is joined by the monitor, before the clone.</content>
internal sealed partial class LaunchCompiler
{
    private const int BecomeReaper = 36;
    private const long PropagateNot = 1 << 18;

    private PlanArgument? sharedMemory;

    private bool SharesPids => Options.PidNamespace is not null && request.Root is not LaunchRoot.Running;

    private long OwnNamespaces => NewMount
        | (Options.PidNamespace is null ? NewPid : 0)
        | (Options.UtsNamespace is null ? NewUts : 0)
        | (Options.IpcNamespace is null ? NewIpc : 0)
        | (Options.Network == NetworkMode.Host || Options.NetworkNamespace is not null ? 0 : NewNetwork);

    private void JoinSharedNamespaces()
    {
        Join(request.Sharing.Network, NewNetwork, Options.NetworkNamespace, "network");
        Join(request.Sharing.Ipc, NewIpc, Options.IpcNamespace, "IPC");
        Join(request.Sharing.Uts, NewUts, Options.UtsNamespace, "UTS");
        if (Options.Init && SharesPids)
        {
            // Without a pid namespace of its own, orphans would go to another's init.
            plan.Call(new("becoming the parent of orphans"), SysNr.Prctl, BecomeReaper, 1);
        }
    }

    private void Join(int? processOrFile, long kind, NamespaceOwner? owner, string name)
    {
        if (processOrFile is int descriptor)
        {
            plan.Call(new($"joining the {name} namespace of", owner!.Container ?? owner.Path!), SysNr.Setns, plan.Inherit(descriptor, isMonitors: false), kind);
        }
    }

    /// <summary>
    /// Who shares IPC shares /dev/shm. That of another container is copied in its mount namespace, to which a copy is bound (open_tree(2)); nothing there is
    /// followed, for it is the other's to make.
    /// </summary>
    private void OpenSharedMemory()
    {
        if (Options.IpcNamespace is null)
        {
            return;
        }

        var text = new StepText("sharing", "/dev/shm");
        PlanArgument tree = plan.NewRegister();
        PlanArgument path = Text("/dev/shm");
        if (request.Sharing.Ipc is int process)
        {
            plan.WithOwnRegisters(() => CopyOfOther(text, process, path, tree));
        }
        else
        {
            plan.Call(text, SysNr.OpenTree, CurrentFolder, path, TreeClone | CloseOnExec).Into(tree);
        }

        plan.Do(text, PlanOperation.VerifyFileSystem, tree, ProcMagic, 1);
        PlanArgument change = PlanArgument.Offset(plan.AddStruct([AttributeNoSuid | AttributeNoDev | AttributeNoExec, 0, PropagateNot, 0]));
        plan.Call(text, SysNr.MountSetattr, tree, empty, EmptyPath, change, 32);
        sharedMemory = tree;
    }

    private void CopyOfOther(StepText text, int process, PlanArgument path, PlanArgument tree)
    {
        PlanArgument own = plan.NewRegister(), host = plan.NewRegister(), folder = plan.NewRegister();
        plan.Call(text, SysNr.Openat, CurrentFolder, Text("/proc/self/ns/mnt"), CloseOnExec, 0).Into(own);
        plan.Call(text, SysNr.Openat, CurrentFolder, Text("/"), PathOnly | CloseOnExec | DirectoryOnly, 0).Into(host);
        plan.Call(text, SysNr.Setns, plan.Inherit(process, isMonitors: false), NewMount);
        plan.Call(text, SysNr.Openat2, CurrentFolder, path, OpenHow(PathOnly | DirectoryOnly | NoFollow, ResolveFlags.NoSymlinks), 24).Into(folder);
        plan.Call(text, SysNr.OpenTree, folder, empty, EmptyPath | TreeClone | CloseOnExec).Into(tree);

        // setns(2) goes to the namespace's root, which need not be where the session's is.
        plan.Call(text, SysNr.Setns, own, NewMount);
        plan.Call(text, SysNr.Fchdir, host);
        plan.Call(text, SysNr.Chroot, Text("."));
        foreach (PlanArgument descriptor in (PlanArgument[])[own, host, folder])
        {
            plan.Call(text, SysNr.Close, descriptor);
        }
    }

    private void MountSharedMemory(PlanArgument dev)
    {
        if (sharedMemory is { } tree)
        {
            var text = new StepText("sharing", "/dev/shm");
            plan.Call(text, SysNr.Mkdirat, dev, Text("shm"), 0x1ed).Allow(Errno.EEXIST);
            plan.Call(text, SysNr.MoveMount, tree, empty, dev, Text("shm"), MoveFromEmptyPath);
            return;
        }

        string size = Options.ShmSize is { } asked ? Number(asked) : "65536k";
        MountIn(dev, "shm", "tmpfs", AttributeNoSuid | AttributeNoDev | AttributeNoExec, [("mode", "1777"), ("size", size)]);
    }
}
