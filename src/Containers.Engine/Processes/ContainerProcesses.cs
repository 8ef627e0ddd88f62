using Containers.Engine.Cgroups;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Processes;

/// <summary>Lists the processes of containers: all that are in their cgroups, however they came there.</summary>
/// <param name="services">The engine's.</param>
/// <param name="observer">Tells states.</param>
internal sealed class ContainerProcesses(EngineServices services, ContainerObserver observer)
{
    /// <summary>Lists; see <see cref="ContainerEngine.GetProcesses"/>.</summary>
    public IReadOnlyList<ContainerProcess> List(string id)
    {
        ContainerSnapshot snapshot = observer.Observe(id) ?? throw ContainerStore.NotFound(id);
        if (snapshot.State != ContainerState.Running || services.Store.Records.Read(id).Running is not { } running)
        {
            throw new EngineException(
                EngineErrorReason.NotRunning, snapshot.Name, $"The container '{snapshot.Name}' is not running and so has no processes. Start it: Start-Container {snapshot.Name}");
        }

        try
        {
            return Read(id, running);
        }
        catch (KernelException e) when (e.Errno is Errno.ENODEV or Errno.ENOENT)
        {
            // The container ended in between, and its cgroup with it.
            return [];
        }
    }

    private List<ContainerProcess> Read(string id, RunningRecord running)
    {
        ProcessIdentity first = ContainerObserver.FirstProcess(running);
        int level = ProcessReader.LevelOf(first.Pid);

        // Before it executes the command, its root is the host's.
        IReadOnlyDictionary<uint, string> users = running.Launched == 0 ? new Dictionary<uint, string>() : ContainerUsers.Read(first);
        if (services.Store.Records.Read(id).Document?.Options.UserNamespace is { } mapping)
        {
            users = users.Where(user => UserMapping.Outside(mapping.Users, user.Key) is not null).ToDictionary(user => UserMapping.Outside(mapping.Users, user.Key)!.Value, static user => user.Value);
        }

        var reader = new ProcessReader();
        using ContainerCgroup? cgroup = services.Cgroups.Open(id);
        var found = (cgroup?.Processes() ?? []).Select(pid => reader.TryRead(pid, level, users)).OfType<ContainerProcess>().ToDictionary(process => process.ProcessId);

        // A number may have passed to a process elsewhere between the list and the look at it.
        HashSet<int> still = [.. cgroup?.Processes() ?? []];
        return [.. found.Values.Where(process => still.Contains(process.ProcessId)).OrderBy(process => process.StartedAt).ThenBy(process => process.ProcessId)];
    }
}
