using System.Globalization;
using Containers.Engine.Cgroups;
using Containers.Engine.Storage;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <summary>Attaches sessions to running containers: their monitors serve several at once, each with all of the output from then on.</summary>
/// <param name="services">The engine's.</param>
internal sealed class ContainerAttach(EngineServices services)
{
    private static readonly TimeSpan PatienceWithMonitor = TimeSpan.FromSeconds(5);

    /// <summary>Attaches this session.</summary>
    /// <param name="id">The container.</param>
    /// <param name="withInput">Whether it wants the way to the input.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The container, and the link to its monitor.</returns>
    public (ContainerSnapshot Container, MonitorLink Link) Attach(string id, bool withInput, CancellationToken cancellation)
    {
        ContainerRecords records = services.Store.Records.Read(id);
        ContainerDocument document = records.Document ?? throw ContainerStore.NotFound(id);
        if (records.Running is not { } running || !records.IsRunning)
        {
            throw NotRunning(document);
        }

        using (ContainerCgroup? cgroup = services.Cgroups.Open(id))
        {
            if (cgroup?.IsFrozen == true)
            {
                throw new EngineException(
                    EngineErrorReason.Busy, document.Name,
                    $"The container '{document.Name}' is paused, so that nothing can be seen of it. Let it go on first: Resume-Container {document.Name}");
            }
        }

        var link = new MonitorLink(Connect(document, running, cancellation), document.Options.Tty);
        try
        {
            link.Attach(withInput);
            Await(document, running, link, cancellation);
            return (ContainerObserver.Running(ContainerObserver.Describe(document), running), link);
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    private FileDescriptor Connect(ContainerDocument document, RunningRecord running, CancellationToken cancellation)
    {
        long deadline = Environment.TickCount64 + (long)PatienceWithMonitor.TotalMilliseconds;
        while (true)
        {
            if (services.Store.TryConnect(document.Id, out Errno errno) is { } socket)
            {
                return socket;
            }

            if (!ContainerObserver.FirstProcess(running).IsAlive)
            {
                throw NotRunning(document);
            }

            if (errno != Errno.EAGAIN)
            {
                throw new EngineException(
                    EngineErrorReason.NotSupported, document.Name,
                    $"The container '{document.Name}' lets no session attach ({KernelException.Describe(errno)}). Start it anew: Restart-Container {document.Name}",
                    errno);
            }

            if (Environment.TickCount64 > deadline)
            {
                throw Silent(document, running);
            }

            // More wait for the monitor than the kernel lets wait.
            cancellation.ThrowIfCancellationRequested();
            Thread.Sleep(5);
        }
    }

    private static void Await(ContainerDocument document, RunningRecord running, MonitorLink link, CancellationToken cancellation)
    {
        if (!link.Await(PatienceWithMonitor, cancellation))
        {
            throw Silent(document, running);
        }

        if (link.TryReceive(out SessionMessage message, cancellation) && message.Kind == SessionMessage.Started)
        {
            link.Started(message);
            return;
        }

        if (message.Kind == SessionMessage.Refused)
        {
            throw new EngineException(
                EngineErrorReason.Busy, document.Name,
                $"{message.Value1.ToString(CultureInfo.InvariantCulture)} sessions are attached to the container '{document.Name}', which is the most that can be at once. "
                + $"Leave one of them, or read the log: Get-ContainerLog {document.Name} -Follow");
        }

        throw NotRunning(document);
    }

    private static EngineException Silent(ContainerDocument container, RunningRecord running) => new(
        EngineErrorReason.Timeout, container.Name,
        $"The monitor of the container '{container.Name}' has not answered within {PatienceWithMonitor.TotalSeconds} s: it is stopped or starved. "
        + $"Let it go on: kill -CONT {running.Monitor}");

    private static EngineException NotRunning(ContainerDocument container) => new(
        EngineErrorReason.NotRunning, container.Name,
        $"The container '{container.Name}' is not running, so that there is nothing to attach to. Start it first: Start-Container {container.Name}");
}
