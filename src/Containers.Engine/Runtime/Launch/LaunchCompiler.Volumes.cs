using System.Globalization;
using Containers.Init;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Runtime.Launch;

/// <content>Volumes and in-memory folders.</content>
internal sealed partial class LaunchCompiler
{
    private const long PropagateSlave = 1 << 19, PropagateShared = 1 << 20;

    private readonly Dictionary<BindMount, PlanArgument> propagatingTrees = [];

    /// <summary>
    /// Copies of volumes that mounts pass to or from, taken before all mounts of the container's namespace are made private: only so they are peers of
    /// this machine's.
    /// </summary>
    private void OpenPropagatingVolumes()
    {
        foreach (BindMount volume in Options.Volumes)
        {
            if (volume.Propagation is not (MountPropagation.RPrivate or MountPropagation.Private) && !propagatingTrees.ContainsKey(volume))
            {
                propagatingTrees.Add(volume, OpenVolume(VolumeText(volume), volume));
            }
        }
    }

    /// <summary>Volumes and in-memory folders, outer ones before those inside them.</summary>
    private void MountVolumes()
    {
        var mounts = new List<(string Target, Action Mount)>();
        foreach (BindMount volume in request.Hosts is { } hosts ? [.. Options.Volumes, hosts] : Options.Volumes)
        {
            mounts.Add((volume.Target, () => MountVolume(volume)));
        }

        foreach (TmpfsMount tmpfs in Options.Tmpfs)
        {
            long attributes = AttributeNoSuid | AttributeNoDev | (tmpfs.Executable ? 0 : AttributeNoExec) | (tmpfs.ReadOnly ? AttributeReadOnly : 0);
            var options = new List<(string, string?)> { ("mode", Convert.ToString(tmpfs.Mode, 8)) };
            if (tmpfs.Size is { } size)
            {
                options.Add(("size", Number(size)));
            }

            if (tmpfs.UserId != 0)
            {
                options.Add(("uid", Number(tmpfs.UserId)));
            }

            if (tmpfs.GroupId != 0)
            {
                options.Add(("gid", Number(tmpfs.GroupId)));
            }

            mounts.Add((tmpfs.Target, () => MountTmpfs(tmpfs.Target, [.. options], attributes)));
        }

        foreach ((string _, Action mount) in mounts.OrderBy(m => m.Target.Count(c => c == '/')))
        {
            plan.WithOwnRegisters(mount);
        }
    }

    private void MountVolume(BindMount volume)
    {
        StepText text = VolumeText(volume);
        if (!propagatingTrees.TryGetValue(volume, out PlanArgument tree))
        {
            tree = OpenVolume(text, volume);
        }

        PlanArgument target = plan.NewRegister();
        long attributes = (volume.ReadOnly ? AttributeReadOnly : 0) | (volume.NoExec ? AttributeNoExec : 0) | (volume.NoSuid ? AttributeNoSuid : 0)
            | (volume.NoDev ? AttributeNoDev : 0);
        if (attributes != 0)
        {
            SetAttributes(text, tree, attributes, Recursive);
        }

        // Private it is already, as all mounts of the container's namespace are.
        (long propagation, int flags) = volume.Propagation switch
        {
            MountPropagation.RShared => (PropagateShared, Recursive),
            MountPropagation.Shared => (PropagateShared, 0),
            MountPropagation.RSlave => (PropagateSlave, Recursive),
            MountPropagation.Slave => (PropagateSlave, 0),
            _ => (0, 0),
        };
        if (propagation != 0)
        {
            PlanArgument change = PlanArgument.Offset(plan.AddStruct([0, 0, propagation, 0]));
            plan.Call(text, SysNr.MountSetattr, tree, empty, EmptyPath | flags, change, 32);
        }

        plan.Do(text, PlanOperation.MakeMountPoint, root, Text(volume.Target), 0x1ed, tree).Into(target);
        AttachVolume(text, tree, target);
    }

    private PlanArgument OpenVolume(StepText text, BindMount volume)
    {
        PlanArgument tree = plan.NewRegister();
        plan.Call(text, SysNr.OpenTree, CurrentFolder, Text(volume.Source), TreeClone | CloseOnExec | (volume.NonRecursive ? 0 : Recursive)).Into(tree);
        if (request.Users is { } users)
        {
            // A file system that cannot shows it with this machine's ids, which are nobody's inside.
            _ = ShowWithItsIds(text, tree, users, volume.NonRecursive ? 0 : Recursive).Allow(Errno.EINVAL);
        }

        return tree;
    }

    private void MountTmpfs(string path, ReadOnlySpan<(string Key, string? Value)> options, long attributes)
    {
        PlanArgument target = plan.NewRegister();
        var text = new StepText("mounting an in-memory folder at", path);
        PlanArgument mount = MakeMount(text, "tmpfs", attributes, options);
        plan.Do(text, PlanOperation.MakeFolders, root, Text(path), 0x1ed).Into(target);
        AttachVolume(text, mount, target);
    }

    private void AttachVolume(StepText text, PlanArgument mount, PlanArgument target)
    {
        // A link in the image could lead the target onto procfs, and a file that another mount covers is no defence.
        plan.Do(text, PlanOperation.VerifyFileSystem, target, ProcMagic, 1);
        plan.Call(text, SysNr.MoveMount, mount, empty, target, empty, MoveFromEmptyPath | MoveToEmptyPath);

        // A container may have more volumes than a process may have descriptors.
        plan.Call(text, SysNr.Close, mount);
        plan.Call(text, SysNr.Close, target);
    }

    private static StepText VolumeText(BindMount volume) => new($"mounting the volume '{volume.Source}' at", volume.Target);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
