using Containers.Engine.Events;
using Containers.Engine.Logs;
using Containers.Engine.Measuring;
using Containers.Engine.Processes;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine;

/// <content>What containers do and did: logs, processes, usage, events.</content>
public sealed partial class ContainerEngine
{
    /// <summary>Reads a container's log.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="query">Which records.</param>
    /// <param name="cancellation">Ends a following read.</param>
    /// <returns>The records in order; with <see cref="LogQuery.Follow"/> until the container ends.</returns>
    /// <exception cref="EngineException">NotFound.</exception>
    public IEnumerable<LogRecord> ReadLog(string id, LogQuery query, CancellationToken cancellation = default)
    {
        using FileDescriptor folder = services.Store.OpenStateFolder(id) ?? throw ContainerStore.NotFound(id);
        var reader = new LogReader(folder);
        foreach (LogRecord record in reader.Read(query, () => HasEnded(id, query), cancellation))
        {
            yield return record;
        }
    }

    /// <summary>Reads the logs of several containers as one, by the time of their records.</summary>
    /// <param name="ids">Their ids.</param>
    /// <param name="query">Which records of each.</param>
    /// <param name="cancellation">Ends a following read.</param>
    /// <returns>The records, each with its container's place in <paramref name="ids"/>; with <see cref="LogQuery.Follow"/> until all containers have ended.</returns>
    /// <exception cref="EngineException">NotFound.</exception>
    public IEnumerable<(int Index, LogRecord Record)> ReadLogs(IReadOnlyList<string> ids, LogQuery query, CancellationToken cancellation = default)
    {
        var sources = new List<LogSource>();
        try
        {
            foreach (string id in ids)
            {
                sources.Add(new LogSource(services.Store.OpenStateFolder(id) ?? throw ContainerStore.NotFound(id), () => HasEnded(id, query)));
            }

            foreach ((int Index, LogRecord Record) record in LogMerge.Read(sources, query, cancellation))
            {
                yield return record;
            }
        }
        finally
        {
            sources.ForEach(static source => source.Folder.Dispose());
        }
    }

    /// <summary>The processes of a running container, those that were put into it too. One that ends meanwhile is left out.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The processes, oldest first.</returns>
    /// <exception cref="EngineException">NotFound, or NotRunning.</exception>
    public IReadOnlyList<ContainerProcess> GetProcesses(string id) => new ContainerProcesses(services, observer).List(id);

    /// <summary>The path of a container's cgroup from the root of the hierarchies; it is there while the container runs.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The path.</returns>
    public string CgroupPathOf(string id) => $"/{services.Configuration.CgroupParent}/{id}";

    /// <summary>Begins to measure what containers use.</summary>
    /// <returns>The meter.</returns>
    public UsageMeter OpenMeter() => new(services, observer);

    /// <summary>
    /// Reads what happened to containers and images, by whatever session, in the order in which it was recorded; goes on until the query's end of time. Some
    /// thousands of events are kept, until the machine is started anew.
    /// </summary>
    /// <param name="query">Which events.</param>
    /// <param name="cancellation">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The events.</returns>
    public IEnumerable<ContainerEvent> ReadEvents(EventQuery query, CancellationToken cancellation = default) =>
        new EventReader(services.Events.Folder).Read(query, cancellation);

    private bool HasEnded(string id, LogQuery query) =>
        observer.Observe(id) is not { } container || (container.State != ContainerState.Running && !query.OverRestarts);
}
