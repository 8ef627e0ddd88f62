using Containers.Init;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Runtime.Launch;

/// <content>
/// A user namespace of the container's own. What needs rights over this machine is done first, with these rights: layers and volumes are shown with the container's ids
/// (idmapped mounts, mount_setattr(2)) and laid over each other, /proc and /dev are made. Then the user namespace is entered, and the other namespaces are made in it, so
/// that they are its root's: the mounts in a copy of the first mount namespace.
/// </content>
internal sealed partial class LaunchCompiler
{
    private const long NewUser = 0x10000000, AttributeIdMap = 0x100000;
    private const int SetSecureBits = 28, NoSetuidFixup = 4;

    private bool HasUsers => request.Users is not null && request.Root is not LaunchRoot.Running;

    /// <summary>What is made from here on is the container's root's; capabilities stay (capabilities(7), SECBIT_NO_SETUID_FIXUP), until the user namespace has its own.</summary>
    private void ActForContainer(LaunchUsers users)
    {
        plan.Call(new("keeping capabilities for the container's mounts"), SysNr.Prctl, SetSecureBits, NoSetuidFixup);
        ActAs(users.RootUser, users.RootGroup);
    }

    private void ActAs(uint user, uint group)
    {
        plan.Call(new("making files as the container's root"), SysNr.Setfsgid, group);
        plan.Call(new("making files as the container's root"), SysNr.Setfsuid, user);
    }

    /// <summary>Shows a mount that is attached nowhere with the container's ids.</summary>
    private PlanStepOptions ShowWithItsIds(StepText text, PlanArgument tree, LaunchUsers users, int flags)
    {
        PlanArgument change = PlanArgument.Offset(plan.AddStruct([AttributeIdMap, 0, 0, plan.Inherit(users.Descriptor, isMonitors: false)]));
        return plan.Call(text, SysNr.MountSetattr, tree, empty, EmptyPath | flags, change, 32);
    }

    /// <summary>The layers, each attached to a folder of its own: before Linux 6.15 a layer must be somewhere. Gives the overlay's options.</summary>
    private string AttachLayers(LaunchRoot.Overlay overlay, LaunchUsers users)
    {
        PlanArgument staging = Text(request.StagingPoint);
        plan.Call(new("mounting a folder for the layers"), SysNr.Mount, Text("tmpfs"), staging, Text("tmpfs"), 0, Text("mode=755"));
        plan.Call(new("entering the folder of the layers"), SysNr.Chdir, staging);
        for (int i = 0; i < overlay.Lower.Count; i++)
        {
            AttachLayer(Path.Combine(overlay.Base, overlay.Lower[i]), i.ToString(System.Globalization.CultureInfo.InvariantCulture), users);
        }

        // The upper folder and its work folder must be of one mount.
        AttachLayer(Path.Combine(overlay.Base, Path.GetDirectoryName(overlay.Upper)!), "u", users);
        return $"lowerdir={string.Join(':', Enumerable.Range(0, overlay.Lower.Count))},upperdir=u/{Path.GetFileName(overlay.Upper)},workdir=u/{Path.GetFileName(overlay.Work)}";
    }

    private void AttachLayer(string source, string name, LaunchUsers users) => plan.WithOwnRegisters(() =>
    {
        var text = new StepText("showing with the container's ids the layer", source);
        PlanArgument tree = plan.NewRegister();
        plan.Call(text, SysNr.OpenTree, CurrentFolder, Text(source), TreeClone | CloseOnExec).Into(tree);
        ShowWithItsIds(text, tree, users, 0);
        plan.Call(text, SysNr.Mkdirat, CurrentFolder, Text(name), 0x1ed);
        plan.Call(text, SysNr.MoveMount, tree, empty, CurrentFolder, Text(name), MoveFromEmptyPath);
        plan.Call(text, SysNr.Close, tree);
    });

    private void BindFolder(string path, PlanArgument target, LaunchUsers users)
    {
        var text = new StepText("showing with the container's ids the root file system", path);
        PlanArgument tree = plan.NewRegister();
        plan.Call(text, SysNr.OpenTree, CurrentFolder, Text(path), TreeClone | CloseOnExec).Into(tree);
        ShowWithItsIds(text, tree, users, 0);
        plan.Call(text, SysNr.MoveMount, tree, empty, CurrentFolder, target, MoveFromEmptyPath);
        plan.Call(text, SysNr.Close, tree);
    }

    private void EnterUserNamespace(LaunchUsers users)
    {
        // The engine's folders, in which it is mounted, let only their owner pass: this machine's root, though without any rights by now.
        ActAs(0, 0);
        plan.Call(new("entering the user namespace"), SysNr.Setns, plan.Inherit(users.Descriptor, isMonitors: false), NewUser);
        plan.Call(new("making the other namespaces"), SysNr.Unshare, NewMount | NewCgroup | (OwnNamespaces & ~NewPid));

        // What came along from the first mount namespace cannot be taken apart, and be no root (mount_namespaces(7)); a mount of it can.
        PlanArgument target = Text(request.MountPoint);
        var text = new StepText("mounting the root file system in the user namespace");
        plan.Call(text, SysNr.Mount, target, target, 0, MountBind | MountRecursive, 0);
        plan.Call(text, SysNr.Openat, CurrentFolder, target, PathOnly | CloseOnExec | DirectoryOnly, 0).Into(root);
        if (ArePathsRestricted)
        {
            MountHollow(",uid=0,gid=0");
        }

        BecomeItsRoot();
        proc = OpenOwnMount("proc");
        plan.Do(new("checking that /proc is procfs"), PlanOperation.VerifyFileSystem, proc, ProcMagic, 0);
        MountMessageQueues(OpenOwnMount("dev"));
    }

    /// <summary>Else it is a user that the namespace does not know, whose files it cannot make.</summary>
    private void BecomeItsRoot()
    {
        plan.Call(new("becoming root of the user namespace"), SysNr.Setresgid, 0, 0, 0);
        plan.Call(new("becoming root of the user namespace"), SysNr.Setresuid, 0, 0, 0);
    }

    private PlanArgument OpenOwnMount(string name)
    {
        PlanArgument mount = plan.NewRegister();
        plan.Call(
            new("opening", $"/{name}"), SysNr.Openat2, root, Text(name), OpenHow(PathOnly | DirectoryOnly | NoFollow, ResolveFlags.Beneath | ResolveFlags.NoSymlinks), 24).Into(mount);
        return mount;
    }
}
