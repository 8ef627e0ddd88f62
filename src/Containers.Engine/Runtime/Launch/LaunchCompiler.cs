using System.Text;
using Containers.Init;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Runtime.Launch;

/// <summary>
/// Turns a <see cref="LaunchRequest"/> into a launch plan. All policy is here: what is mounted where and how, in which order
/// privileges are given up. The order of <see cref="Compile"/> is the order of the container's start.
/// </summary>
internal sealed partial class LaunchCompiler
{
    private const long NewCgroup = 0x02000000, NewUts = 0x04000000, NewIpc = 0x08000000, NewPid = 0x20000000, NewNetwork = 0x40000000, NewMount = 0x00020000;
    private const int CurrentFolder = Files.CurrentFolder;
    private const int PathOnly = 0x200000, CloseOnExec = 0x80000;
    private const int SetNoNewPrivileges = 38;

    private readonly LaunchRequest request;
    private readonly PlanBuilder plan = new();
    private readonly PlanArgument empty;
    private readonly PlanArgument root;
    private PlanArgument proc;

    private LaunchCompiler(LaunchRequest request)
    {
        this.request = request;
        empty = Text(string.Empty);
        root = plan.NewRegister();
    }

    private ContainerOptions Options => request.Options;

    private LogOptions Log => Options.Log ?? new LogOptions();

    private bool NoNewPrivileges => Options.NoNewPrivileges ?? true;

    /// <summary>Compiles the plan.</summary>
    /// <param name="request">What to launch.</param>
    /// <returns>Its bytes, the sentence of each step, and the descriptors to inherit.</returns>
    public static LaunchPlan Compile(LaunchRequest request)
    {
        var compiler = new LaunchCompiler(request);
        PlanHeader header = compiler.Header();
        if (request.Root is LaunchRoot.Running running)
        {
            compiler.JoinContainer(running);
        }
        else
        {
            compiler.MakeContainer();
        }

        compiler.BecomeCommand();
        byte[] bytes = compiler.plan.Build(header).ToArray();
        string name = request.Options.Name ?? request.Id;
        var subject = new LaunchSubject(
            name, $"the container '{name}'", request.Purpose ?? $"Starting the container '{name}'", request.Command.Arguments[0], request.Command.User);
        return new LaunchPlan(bytes, compiler.plan.Texts, compiler.plan.Descriptors, subject);
    }

    private void MakeContainer()
    {
        Begin();
        JoinSharedNamespaces();
        OpenSharedMemory();
        if (request.Users is { } users)
        {
            ActForContainer(users);
        }
        else
        {
            // After the move: a cgroup namespace's root is where its first process is at this moment.
            plan.Call(new("making the cgroup namespace"), SysNr.Unshare, NewCgroup);
        }

        MountRoot();
        MountProc();
        MountDev();
        if (request.Users is { } own)
        {
            MountVolumes();
            SetUpProcess();
            EnterUserNamespace(own);
            MountSys();
            SetParameters();
        }
        else
        {
            MountSys();
            SetParameters();
            MountVolumes();
        }

        RestrictSystemPaths();
        SetUpHost();
        SetDomainName();
        if (!HasUsers)
        {
            SetUpProcess();
        }

        FindUser();
        if (Options.Tty)
        {
            ShowConsole(OpenTerminal());
        }

        MakeWorkingFolder();
        EnterRoot();
    }

    private PlanHeader Header()
    {
        LaunchDescriptors d = request.Descriptors;
        if (d.SharingLock is int sharing)
        {
            _ = plan.Inherit(sharing, isMonitors: false);
        }

        LaunchCgroup cgroup = request.Cgroup;
        int prefix = plan.AddBytes(Encoding.UTF8.GetBytes(request.RunningPrefix), 1);
        int subject = plan.AddBytes([.. new byte[PlanHeader.EventRoom], .. request.EventSubject], 1) + PlanHeader.EventRoom;
        var removals = new List<int>();
        foreach ((int folder, string name) in cgroup.Removals)
        {
            removals.Add(plan.Inherit(folder, isMonitors: true));
            removals.Add(plan.AddString(name));
        }

        foreach (int file in cgroup.MonitorJoin)
        {
            _ = plan.Inherit(file, isMonitors: true);
        }

        foreach (int file in cgroup.Join)
        {
            _ = plan.Inherit(file, isMonitors: false);
        }

        bool isFurther = request.Root is LaunchRoot.Running;
        return new PlanHeader
        {
            Flags = (Options.RemoveOnExit ? PlanFlags.RemoveAtEnd : 0) | (Options.Init ? PlanFlags.Init : 0) | (Options.Tty ? PlanFlags.Terminal : 0)
                | (SharesPids ? PlanFlags.SharedPids : 0) | (isFurther ? PlanFlags.EnterLast : 0),
            CloneFlags = isFurther ? 0 : (ulong)(HasUsers ? OwnNamespaces & (NewMount | NewPid) : OwnNamespaces),
            JoinedProcess = request.Sharing.Pid is int process ? plan.Inherit(process, isMonitors: false) : -1,
            MonitorIntoCgroup = cgroup.MonitorInto is int monitorInto ? plan.Inherit(monitorInto, isMonitors: false) : -1,
            IntoCgroup = cgroup.Into is int into ? plan.Inherit(into, isMonitors: false) : -1,
            Session = plan.Inherit(d.Session, isMonitors: true),
            StandardInput = d.StandardInput is int input ? plan.Inherit(input, isMonitors: false) : -1,
            AttachedOutput = d.Output is int output ? plan.Inherit(output, isMonitors: true) : -1,
            AttachedError = d.Error is int error ? plan.Inherit(error, isMonitors: true) : -1,
            AttachSocket = d.AttachSocket is int attach ? plan.Inherit(attach, isMonitors: true) : -1,
            KeptInput = d.KeptInput is int kept ? plan.Inherit(kept, isMonitors: true) : -1,
            RecordsFolder = d.RecordsFolder is int records ? plan.Inherit(records, isMonitors: true) : -1,
            SpareRecordsFolder = d.SpareRecordsFolder is int spare ? plan.Inherit(spare, isMonitors: true) : -1,
            LogFolder = d.LogFolder is int log ? plan.Inherit(log, isMonitors: true) : -1,
            OomCounter = cgroup.OomCounter is int counter ? plan.Inherit(counter, isMonitors: true) : -1,
            CgroupKiller = SharesPids && cgroup.Killer is int killer ? plan.Inherit(killer, isMonitors: true) : -1,
            HandOverProgram = d.HandOver is int program ? plan.Inherit(program, isMonitors: true) : -1,
            LogMaxFiles = Log.MaxFiles,
            LogMaxSize = Log.MaxSize,
            HandOverArguments = (uint)plan.AddStrings(["containers", "finish", request.Id]),
            HandOverEnvironment = (uint)plan.AddStrings(request.HandOverEnvironment),
            ProbeArguments = request.Health is null ? 0 : (uint)plan.AddStrings(["containers", "probe", request.Id]),
            MonitorCgroupCount = (uint)cgroup.MonitorJoin.Count,
            MonitorCgroupsOffset = (uint)AddNumbers([.. cgroup.MonitorJoin]),
            RemovalCount = (uint)cgroup.Removals.Count,
            RemovalsOffset = (uint)AddNumbers([.. removals]),
            RunningPrefixOffset = (uint)prefix,
            RunningPrefixLength = (uint)Encoding.UTF8.GetByteCount(request.RunningPrefix),
            StartLock = d.StartLock is int held ? plan.Inherit(held, isMonitors: true) : -1,
            EventsFolder = d.EventsFolder is int events ? plan.Inherit(events, isMonitors: true) : -1,
            EventOffset = (uint)subject,
            EventLength = (uint)request.EventSubject.Length,
            HealthInterval = Milliseconds(request.Health?.Interval),
            HealthStartPeriod = Milliseconds(request.Health?.StartPeriod),
            HealthStartInterval = Milliseconds(request.Health?.StartInterval),
        };
    }

    private void Begin()
    {
        plan.Call(new("clearing the file mode mask"), SysNr.Umask, 0);
        CommandSteps.Begin(plan);
        foreach (int file in request.Cgroup.Join)
        {
            plan.Call(new("joining the container's cgroup"), SysNr.Write, file, Text("0"), 1);
        }
    }

    private PlanArgument Text(string text) => PlanArgument.Offset(plan.AddString(text));

    private static long Milliseconds(TimeSpan? time) => (long)Math.Ceiling(time?.TotalMilliseconds ?? 0);

    private int AddNumbers(ReadOnlySpan<int> numbers) => plan.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers));

    /// <summary>struct open_how with what every path inside the root is opened with.</summary>
    private PlanArgument OpenHow(int flags, ResolveFlags resolve) =>
        PlanArgument.Offset(plan.AddStruct([flags | CloseOnExec, 0, (long)resolve]));
}

/// <summary>A compiled plan.</summary>
/// <param name="Bytes">For the memfd.</param>
/// <param name="Texts">What each step does.</param>
/// <param name="Descriptors">What the helper inherits.</param>
/// <param name="Subject">What it is for.</param>
internal sealed record LaunchPlan(byte[] Bytes, IReadOnlyList<StepText> Texts, int[] Descriptors, LaunchSubject Subject);

/// <summary>What a plan is for, as the sentence for its failure says it. Command and user may be an image's.</summary>
/// <param name="Name">The container's name.</param>
/// <param name="Place">Where the command is to run.</param>
/// <param name="Purpose">What is attempted.</param>
/// <param name="Command">The program.</param>
/// <param name="User">user[:group].</param>
internal sealed record LaunchSubject(string Name, string Place, string Purpose, string Command, string User);
