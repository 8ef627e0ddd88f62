using Containers.Init;
using Containers.Interop;

namespace Containers.Engine.Runtime.Launch;

/// <content>A command in a running container: the namespaces, root and cgroup are there, and are joined.</content>
internal sealed partial class LaunchCompiler
{
    private void JoinContainer(LaunchRoot.Running running)
    {
        Begin();

        // That of processes holds for children alone: the command's process is cloned into it at last (EnteringProcess).
        // All at once, by the descriptor of one process: what is joined belongs together, and is no other's whose number came to be the same.
        plan.Call(
            new("joining the container's namespaces"), SysNr.Setns, plan.Inherit(running.Process, isMonitors: false),
            NewMount | NewUts | NewIpc | NewPid | NewCgroup | (Options.Network == NetworkMode.Host ? 0 : NewNetwork) | (request.Users is null ? 0 : NewUser));

        // The machine's own /proc, opened before: the container may have mounted anything over its.
        proc = plan.Inherit(running.Proc, isMonitors: false);
        plan.Call(new("opening the root file system"), SysNr.Openat, CurrentFolder, Text("/"), PathOnly | CloseOnExec | DirectoryOnly, 0).Into(root);
        SetUpProcess();
        if (request.Users is not null)
        {
            BecomeItsRoot();
        }

        FindUser();
        if (Options.Tty)
        {
            _ = OpenTerminal();
        }

        workingFolder = plan.NewRegister();
        plan.Call(
            new("opening the working directory", request.Command.WorkingDirectory), SysNr.Openat2, root, Text(request.Command.WorkingDirectory),
            OpenHow(PathOnly | DirectoryOnly, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks), 24).Into(workingFolder);
    }
}
