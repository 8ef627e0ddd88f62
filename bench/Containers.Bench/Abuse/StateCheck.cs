using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Abuse;

/// <summary>Compares what the engine says with what the kernel says, at a time at which no session works.</summary>
/// <param name="roots">The engine's roots.</param>
internal sealed class StateCheck(AbuseRoots roots)
{
    /// <summary>What is not as the engine says, once what is still ending has had the time.</summary>
    public IReadOnlyList<string> Find()
    {
        IReadOnlyList<string> wrong = [];
        _ = LeftoverCheck.Patiently(() => (wrong = FindNow()).Count == 0);
        return wrong;
    }

    private List<string> FindNow()
    {
        var wrong = new List<string>();
        try
        {
            IReadOnlyList<ContainerSnapshot> containers = roots.Engine.List();
            foreach (ContainerSnapshot container in containers)
            {
                wrong.AddRange(Judge(container));
            }

            wrong.AddRange(roots.Leftovers.CgroupIds().Except(containers.Select(container => container.Id), StringComparer.Ordinal).Select(id => $"a cgroup {id} without a container"));
        }
        catch (Exception failure) when (failure is EngineException or KernelException)
        {
            wrong.Add($"the containers cannot be listed: {failure}".ReplaceLineEndings(" "));
        }

        return wrong;
    }

    private IEnumerable<string> Judge(ContainerSnapshot container)
    {
        string what = $"{container.Name} ({container.State}, {container.Reason}, {container.Id[..12]})";
        if (container.State == ContainerState.Running)
        {
            if (Files.ReadText(Files.CurrentFolder, $"/proc/{container.ProcessId}/cgroup") is not { } cgroup || !cgroup.Contains(container.Id, StringComparison.Ordinal))
            {
                yield return $"{what}: its process {container.ProcessId} is not in its cgroup";
            }

            if (!Directory.Exists($"/proc/{container.MonitorProcessId}"))
            {
                yield return $"{what}: its monitor {container.MonitorProcessId} is gone";
            }
        }
        else if (roots.Leftovers.ProcessesOf(container.Id) is { Count: > 0 } processes && container.State != ContainerState.Creating)
        {
            yield return $"{what}: processes in its cgroups: {string.Join(' ', processes)}";
        }

        if (container.State == ContainerState.Creating)
        {
            if (container.Reason != StateReason.Incomplete)
            {
                yield return $"{what}: nobody is left who could be making it";
            }
        }
        else if (roots.Engine.Get(container.Name).Id != container.Id)
        {
            yield return $"{what}: its name leads to another container";
        }
    }
}
