using Containers.Engine.Cgroups;
using Containers.Engine.Runtime.Launch;
using Containers.Engine.Security;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Runtime;

/// <summary>
/// Runs further commands in running containers: they join the namespaces, the cgroup and the limits of the first process, and have the capabilities,
/// the seccomp filter and the user that the container has. Each has a monitor of its own, so that it outlives the session; it ends with the container.
/// </summary>
/// <param name="services">The engine's.</param>
internal sealed class ContainerExec(EngineServices services)
{
    /// <summary>Starts a command.</summary>
    /// <param name="id">The container.</param>
    /// <param name="options">The command.</param>
    /// <param name="attach">Whether the session gets the output.</param>
    /// <param name="withInput">Whether the session feeds standard input.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <returns>The container, and the link to the command's monitor.</returns>
    public (ContainerSnapshot Container, MonitorLink Link) Start(string id, ExecOptions options, bool attach, bool withInput, CancellationToken cancellation)
    {
        Check(options);
        ContainerRecords records = services.Store.Records.ReadLaunched(id, cancellation);
        ContainerDocument document = records.Document ?? throw ContainerStore.NotFound(id);
        if (records.Running is not { } running || records.TryOpenFirstProcess() is not { } process)
        {
            throw NotRunning(document);
        }

        using (process)
        using (ContainerCgroup cgroup = services.Cgroups.Open(id) ?? throw NotRunning(document))
        using (FileDescriptor proc = Files.Open(Files.CurrentFolder, "/proc", LibC.O_PATH | LibC.O_DIRECTORY))
        {
            if (cgroup.IsFrozen)
            {
                throw new EngineException(EngineErrorReason.Busy, document.Name, $"The container '{document.Name}' is paused, so that no command can run in it. Let it go on first: Resume-Container {document.Name}");
            }

            var link = new MonitorLink(attach, withInput, options.Tty);
            try
            {
                LaunchPlan plan = LaunchCompiler.Compile(MakeRequest(document, options, cgroup, process, proc, link));
                HelperRun.Start(plan, link, whenCanceled: () => { }, cancellation);
            }
            catch (EngineException) when (!ContainerObserver.FirstProcess(running).IsAlive)
            {
                // What it met on the way says nothing: the namespaces end with the first process.
                link.Dispose();
                throw NotRunning(document);
            }
            catch
            {
                link.Dispose();
                throw;
            }

            return (ContainerObserver.Running(ContainerObserver.Describe(document), running), link);
        }
    }

    /// <summary>The checks of a container's own command hold for every other one.</summary>
    private static void Check(ExecOptions options)
    {
        if (options.Command.Count == 0)
        {
            throw ContainerOptionsCheck.Invalid("command", "There is no command to run. Give one after --.");
        }

        ContainerOptionsCheck.Check(new ContainerOptions
        {
            Command = options.Command,
            Environment = options.Environment,
            User = options.User,
            WorkingDirectory = options.WorkingDirectory,
        });
    }

    private static EngineException NotRunning(ContainerDocument container) => new(
        EngineErrorReason.NotRunning, container.Name,
        $"The container '{container.Name}' is not running, so that no command can be run in it. Start it first: Start-Container {container.Name}");

    private LaunchRequest MakeRequest(
        ContainerDocument document, ExecOptions options, ContainerCgroup cgroup, FileDescriptor process, FileDescriptor proc, MonitorLink link)
    {
        ContainerOptions container = document.Options;
        bool isPrivileged = options.Privileged || container.Privileged;
        CapabilitySet capabilities = CapabilitySet.Resolve(container.CapAdd, container.CapDrop, isPrivileged);
        string[] own = options.Tty && !document.Command.Environment.Any(v => v.StartsWith("TERM=", StringComparison.Ordinal)) ? [ImageDefaults.Terminal] : [];
        string[] environment = [.. Variables.Merge([.. document.Command.Environment, .. own, .. Variables.Texts(options.Environment)])];
        return new LaunchRequest
        {
            Id = document.Id,
            Purpose = $"Running a command in the container '{document.Name}'",
            Options = container with { RemoveOnExit = false, Init = false, Tty = options.Tty, TerminalSize = options.TerminalSize },
            Command = document.Command with
            {
                Arguments = options.Command,
                Environment = environment,
                User = options.User ?? document.Command.User,
                WorkingDirectory = options.WorkingDirectory is { } folder ? ContainerOptionsCheck.Normalize(folder) : document.Command.WorkingDirectory,
            },
            Root = new LaunchRoot.Running(process.Number, proc.Number),
            Users = container.UserNamespace is null ? null : new LaunchUsers(0, 0, 0, null),
            Cgroup = LaunchCgroup.ToJoin(cgroup, services.Cgroups),
            Capabilities = capabilities.Bits,
            Seccomp = SeccompFilter.For(container.SeccompProfile, capabilities, container.Privileged, services.Seccomp),
            OpenFilesLimit = ContainerStart.OpenFilesLimit,
            Descriptors = link.TheirEnds(),
        };
    }
}
