using System.Text;
using Containers.Init;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Runtime.Launch;

/// <content>Host name, network, limits, identity, and the command itself.</content>
internal sealed partial class LaunchCompiler
{
    private const int OpenFiles = 7;
    private const long OpenFilesSoft = 1024, OpenFilesHard = 524288;
    private const int JoinSessionKeyring = 1;
    private const int HomeRoom = 1024;
    private const int SeccompSetModeFilter = 1;

    private PlanArgument workingFolder;
    private int environment;

    private void SetUpHost()
    {
        if (Options.UtsNamespace is null)
        {
            byte[] name = Encoding.UTF8.GetBytes(request.Command.HostName);
            plan.Call(new("setting the host name", request.Command.HostName), SysNr.Sethostname, PlanArgument.Offset(plan.AddBytes(name, 1)), name.Length);
        }

        if (Options is { Network: NetworkMode.None, NetworkNamespace: null })
        {
            CommandSteps.BringUpLoopback(plan);
        }
    }

    /// <summary>What a process has from its parent and must not have from the session.</summary>
    private void SetUpProcess()
    {
        CommandSteps.ResetSignals(plan);
        plan.Call(new("setting the scheduling priority"), SysNr.Setpriority, 0, 0, 0).Allow(Errno.EACCES, Errno.EPERM);
        byte[] allProcessors = new byte[128];
        Array.Fill(allProcessors, byte.MaxValue);
        plan.Call(new("setting the processor affinity"), SysNr.SchedSetaffinity, 0, allProcessors.Length, PlanArgument.Offset(plan.AddBytes(allProcessors)));
        plan.Call(new("setting the personality"), SysNr.Personality, 0);
        SetOomScore();
        long hard = Math.Min(request.OpenFilesLimit, OpenFilesHard);
        plan.Call(
            new("limiting open files"), SysNr.Prlimit64, 0, OpenFiles, PlanArgument.Offset(plan.AddStruct([Math.Min(OpenFilesSoft, hard), hard])), 0);
        plan.Call(new("making a session keyring"), SysNr.Keyctl, JoinSessionKeyring, 0).Allow(Errno.ENOSYS);
    }

    private void FindUser()
    {
        LaunchCommand command = request.Command;
        var variables = new List<int>();
        foreach (string variable in command.Environment)
        {
            variables.Add(plan.AddString(variable));
        }

        PlanArgument home = 0;
        int homeSize = 0;
        if (!command.Environment.Any(v => v.StartsWith("HOME=", StringComparison.Ordinal)))
        {
            int room = plan.AddBytes(Encoding.ASCII.GetBytes("HOME=/".PadRight(HomeRoom, '\0')));
            variables.Add(room);
            home = PlanArgument.Offset(room + "HOME=".Length);
            homeSize = HomeRoom - "HOME=".Length;
        }

        environment = plan.AddPointers(variables);
        string[] parts = command.User.Split(':', 2);
        PlanArgument group = parts.Length > 1 && parts[1].Length > 0 ? Text(parts[1]) : 0;
        plan.Do(
            new("finding the user", command.User), PlanOperation.LookUpUser, root, Text(parts[0].Length > 0 ? parts[0] : "0"), group, home, homeSize, proc);
        foreach (string added in Options.GroupAdd)
        {
            plan.Do(new("adding the group", added), PlanOperation.AddGroup, root, Text(added), proc);
        }
    }

    private void MakeWorkingFolder()
    {
        workingFolder = plan.NewRegister();
        plan.Do(new("making the working directory", request.Command.WorkingDirectory), PlanOperation.MakeFolders, root, Text(request.Command.WorkingDirectory), 0x1ed)
            .Into(workingFolder);
    }

    /// <summary>
    /// From here on the plan only gives up: identity and capabilities, the parent checked after the last change of credentials
    /// (which clears the parent-death signal), every descriptor but three, new privileges, system calls.
    /// </summary>
    private void BecomeCommand()
    {
        SetLimits();
        plan.Call(new("setting the file mode mask"), SysNr.Umask, 0x12);
        bool early = request.Seccomp is not null && !NoNewPrivileges;
        if (early)
        {
            // Without no_new_privs only CAP_SYS_ADMIN may install a filter, so it comes before the capabilities go.
            InstallSeccomp();
        }

        plan.Do(new("taking on the user's identity", request.Command.User), PlanOperation.SetCredentials, (long)request.Capabilities, (long)request.Capabilities);
        plan.Call(new("entering the working directory", request.Command.WorkingDirectory), SysNr.Fchdir, workingFolder);
        plan.Do(new("checking that the working directory is inside the container", request.Command.WorkingDirectory), PlanOperation.VerifyWorkingFolder);
        CommandSteps.KeepStandardStreams(plan);
        if (NoNewPrivileges)
        {
            plan.Call(new("forbidding new privileges"), SysNr.Prctl, SetNoNewPrivileges, 1, 0, 0, 0);
        }

        if (request.Seccomp is not null && !early)
        {
            InstallSeccomp();
        }

        plan.Do(
            new("executing", request.Command.Arguments[0]), PlanOperation.Execute, PlanArgument.Offset(plan.AddStrings(request.Command.Arguments)), PlanArgument.Offset(environment));
    }

    private void InstallSeccomp()
    {
        const int instructionSize = 8;
        byte[] filter = request.Seccomp!;
        int program = plan.AddBytes(filter);
        PlanArgument description = PlanArgument.Offset(plan.AddStruct([filter.Length / instructionSize, program], pointers: 0b10));
        plan.Call(new("installing the seccomp filter"), SysNr.Seccomp, SeccompSetModeFilter, 0, description);
    }
}
