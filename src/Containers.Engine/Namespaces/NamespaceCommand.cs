using Containers.Engine.Runtime;
using Containers.Engine.Runtime.Launch;
using Containers.Engine.Security;
using Containers.Init;
using Containers.Init.Plan;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Namespaces;

/// <summary>What is asked of a command in namespaces.</summary>
public sealed record NamespaceCommandOptions
{
    /// <summary>The program and its arguments, at least one.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>All of its variables: NAME=VALUE.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>
    /// User, and group after a colon, as names of the passwd and group files there or as numbers. Null for this process's own; in another user namespace for root.
    /// </summary>
    public string? User { get; init; }

    /// <summary>The current folder, an absolute path there.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary>Whether the command has a terminal (pty(7)) as its input and output.</summary>
    public bool Tty { get; init; }

    /// <summary>The terminal's size at the start; null for one that is not known.</summary>
    public TerminalSize? TerminalSize { get; init; }
}

/// <summary>Runs commands in namespaces, as nsenter(1) does: with what this process has otherwise, its cgroup, its limits and its capabilities.</summary>
internal static class NamespaceCommand
{
    private const int PathOnlyFolder = 0x200000 | 0x80000;
    private static readonly int FolderFlag = LibC.O_DIRECTORY;

    /// <summary>Starts one.</summary>
    /// <param name="namespaces">What is joined.</param>
    /// <param name="options">The command.</param>
    /// <param name="place">Where that is, for messages.</param>
    /// <param name="withInput">Whether the session feeds standard input.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <returns>The link to the command's monitor.</returns>
    public static MonitorLink Start(OpenNamespaces namespaces, NamespaceCommandOptions options, string place, bool withInput, CancellationToken cancellation)
    {
        if (options.Command.Count == 0)
        {
            throw new EngineException(EngineErrorReason.InvalidArgument, "command", "There is no command to run. Give one after --.");
        }

        using FileDescriptor proc = Files.Open(Files.CurrentFolder, "/proc", LibC.O_PATH | LibC.O_DIRECTORY);
        var link = new MonitorLink(attach: true, withInput, options.Tty);
        try
        {
            HelperRun.StartHere(Compile(namespaces, options, place, proc.Number, link.TheirEnds()), link, cancellation);
            return link;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    private static LaunchPlan Compile(OpenNamespaces namespaces, NamespaceCommandOptions options, string place, int proc, LaunchDescriptors ends)
    {
        var plan = new PlanBuilder();
        NamespaceType[] types = [.. namespaces.Types];
        PlanHeader header = PlanBuilder.NewHeader(plan.Inherit(ends.Session, isMonitors: true));
        header.Flags = (types.Contains(NamespaceType.Pid) ? PlanFlags.EnterLast : 0) | (options.Tty ? PlanFlags.Terminal : 0);
        header.StandardInput = ends.StandardInput is int input ? plan.Inherit(input, isMonitors: false) : -1;
        header.AttachedOutput = ends.Output is int output ? plan.Inherit(output, isMonitors: true) : -1;
        header.AttachedError = ends.Error is int error ? plan.Inherit(error, isMonitors: true) : -1;
        CommandSteps.Begin(plan);
        foreach (NamespaceType type in types.Where(static type => type != NamespaceType.User))
        {
            Join(type);
        }

        // Last: the others may belong to this one's, over which root of the new one has no rights.
        if (types.Contains(NamespaceType.User))
        {
            Join(NamespaceType.User);
        }

        PlanArgument root = plan.NewRegister(), folder = plan.NewRegister();
        plan.Call(new("opening the root file system"), SysNr.Openat, Files.CurrentFolder, Text("/"), PathOnlyFolder | FolderFlag, 0).Into(root);
        CommandSteps.ResetSignals(plan);
        string user = options.User ?? "0:0";
        bool changesUser = options.User is not null || types.Contains(NamespaceType.User);
        if (changesUser)
        {
            string[] parts = user.Split(':', 2);
            PlanArgument group = parts.Length > 1 && parts[1].Length > 0 ? Text(parts[1]) : 0;
            plan.Do(new("finding the user", user), PlanOperation.LookUpUser, root, Text(parts[0].Length > 0 ? parts[0] : "0"), group, 0, 0, plan.Inherit(proc, isMonitors: false));
        }

        if (options.Tty)
        {
            plan.Do(new("making the terminal"), PlanOperation.OpenTerminal, root, options.TerminalSize?.Rows ?? 0, options.TerminalSize?.Columns ?? 0).Into(plan.NewRegister());
        }

        plan.Call(new("opening the working directory", options.WorkingDirectory), SysNr.Openat, Files.CurrentFolder, Text(options.WorkingDirectory), PathOnlyFolder | FolderFlag, 0).Into(folder);
        if (changesUser)
        {
            ulong capabilities = types.Contains(NamespaceType.User) ? ulong.MaxValue : CapabilitySet.Full.Bits;
            plan.Do(new("taking on the user's identity", user), PlanOperation.SetCredentials, (long)capabilities, (long)capabilities);
        }

        plan.Call(new("entering the working directory", options.WorkingDirectory), SysNr.Fchdir, folder);
        CommandSteps.KeepStandardStreams(plan);
        plan.Do(
            new("executing", options.Command[0]), PlanOperation.Execute,
            PlanArgument.Offset(plan.AddStrings(options.Command)), PlanArgument.Offset(plan.AddStrings(options.Environment)));
        byte[] bytes = plan.Build(header).ToArray();
        return new LaunchPlan(bytes, plan.Texts, plan.Descriptors, new LaunchSubject(place, place, $"Running a command in {place}", options.Command[0], user));

        PlanArgument Text(string text) => PlanArgument.Offset(plan.AddString(text));

        void Join(NamespaceType type) =>
            plan.Call(new($"joining the {type} namespace"), SysNr.Setns, plan.Inherit(namespaces[type].Number, isMonitors: false), type.Flag());
    }
}
