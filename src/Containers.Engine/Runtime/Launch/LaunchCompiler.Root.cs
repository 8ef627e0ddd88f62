using System.Text;
using Containers.Init;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Runtime.Launch;

/// <content>The root file system, and the way into it.</content>
internal sealed partial class LaunchCompiler
{
    private const int MountReadOnly = 1, MountNoSuid = 2, MountNoDev = 4, MountNoExec = 8, MountBind = 0x1000, MountRecursive = 0x4000, MountPrivate = 0x40000;
    private const int Detach = 2;
    private const int PageOfOptions = 4095;

    private void MountRoot()
    {
        OpenPropagatingVolumes();
        plan.Call(new("keeping mounts private"), SysNr.Mount, 0, Text("/"), 0, MountRecursive | MountPrivate, 0);
        PlanArgument target = Text(request.MountPoint);
        switch (request.Root)
        {
            case LaunchRoot.Overlay overlay:
                MountOverlay(overlay, target);
                break;
            case LaunchRoot.Folder folder when request.Users is { } users:
                BindFolder(folder.Path, target, users);
                break;
            case LaunchRoot.Folder folder:
                plan.Call(new("mounting the root file system", folder.Path), SysNr.Mount, Text(folder.Path), target, 0, MountBind | MountRecursive, 0);
                break;
        }

        plan.Call(new("opening the root file system"), SysNr.Openat, CurrentFolder, target, PathOnly | CloseOnExec | DirectoryOnly, 0).Into(root);
        if (request.Root is LaunchRoot.Overlay { Hidden: var hidden })
        {
            foreach (string folder in hidden)
            {
                MountTmpfs(folder, [("mode", folder == "/tmp" ? "1777" : "755")], AttributeNoSuid | AttributeNoDev);
            }
        }
    }

    private void MountOverlay(LaunchRoot.Overlay overlay, PlanArgument target)
    {
        string tail = overlay.Volatile ? ",volatile" : string.Empty;
        string options = $"lowerdir={string.Join(':', overlay.Lower)},upperdir={overlay.Upper},workdir={overlay.Work}{tail}";
        if (request.Users is { } users)
        {
            options = AttachLayers(overlay, users) + tail;
        }
        else if (Encoding.UTF8.GetByteCount(options) <= PageOfOptions)
        {
            plan.Call(new("entering the folder", overlay.Base), SysNr.Chdir, Text(overlay.Base));
        }
        else
        {
            // mount(2) takes one page of options; through short links, hundreds of layers fit into it.
            PlanArgument staging = Text(request.StagingPoint);
            plan.Call(new("mounting a folder for the layers' names"), SysNr.Mount, Text("tmpfs"), staging, Text("tmpfs"), 0, 0);
            plan.Call(new("entering the folder of the layers' names"), SysNr.Chdir, staging);
            for (int i = 0; i < overlay.Lower.Count; i++)
            {
                NameLayer(overlay.Base, overlay.Lower[i], i.ToString());
            }

            NameLayer(overlay.Base, overlay.Upper, "u");
            NameLayer(overlay.Base, overlay.Work, "w");
            options = $"lowerdir={string.Join(':', Enumerable.Range(0, overlay.Lower.Count))},upperdir=u,workdir=w{tail}";
        }

        PlanArgument name = Text("overlay");
        plan.Call(new($"mounting the overlay of {overlay.Lower.Count} layers"), SysNr.Mount, name, target, name, 0, Text(options));
    }

    private void NameLayer(string folder, string layer, string name) =>
        plan.Call(new("naming the layer", layer), SysNr.Symlinkat, Text(Path.Combine(folder, layer)), CurrentFolder, Text(name));

    private void EnterRoot()
    {
        if (Options.ReadOnly)
        {
            SetAttributes(new("making the root file system read-only"), root, AttributeReadOnly, 0);
        }

        PlanArgument here = Text(".");
        plan.Call(new("entering the root file system"), SysNr.Fchdir, root);
        plan.Call(new("changing the root"), SysNr.PivotRoot, here, here);
        plan.Call(new("leaving the host's root"), SysNr.Umount2, here, Detach);
        plan.Call(new("entering the new root"), SysNr.Chdir, Text("/"));
    }
}
