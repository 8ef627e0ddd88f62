using System.Diagnostics;
using Containers.Engine.Cgroups;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Measuring;

/// <summary>Measures running containers again and again; from the second time on it knows how busy the processors were in between. Not thread-safe.</summary>
public sealed class UsageMeter
{
    private readonly EngineServices services;
    private readonly ContainerObserver observer;
    private readonly long machineMemory;
    private Dictionary<string, (TimeSpan Cpu, long At)> before = [];

    internal UsageMeter(EngineServices services, ContainerObserver observer)
    {
        this.services = services;
        this.observer = observer;
        machineMemory = CgroupUsage.Number(
            Files.ReadText(Files.CurrentFolder, "/proc/meminfo")?.Split('\n').FirstOrDefault(line => line.StartsWith("MemTotal:", StringComparison.Ordinal))?["MemTotal:".Length..].Replace("kB", string.Empty, StringComparison.Ordinal)) * 1024 ?? long.MaxValue;
    }

    /// <summary>Measures containers.</summary>
    /// <param name="ids">Their ids; those that do not run are left out.</param>
    /// <returns>What each uses, in the order of the ids.</returns>
    public IReadOnlyList<ContainerUsage> Read(IEnumerable<string> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var now = new Dictionary<string, (TimeSpan Cpu, long At)>(StringComparer.Ordinal);
        List<ContainerUsage> found = [.. ids.Select(id => TryRead(id, now)).OfType<ContainerUsage>()];
        before = now;
        return found;
    }

    private ContainerUsage? TryRead(string id, Dictionary<string, (TimeSpan Cpu, long At)> now)
    {
        if (observer.Observe(id) is not { State: ContainerState.Running } snapshot || services.Store.Records.Read(id).Running is not { } running)
        {
            return null;
        }

        try
        {
            using ContainerCgroup? cgroup = services.Cgroups.Open(id);
            return cgroup is null ? null : Read(snapshot, running, cgroup, now);
        }
        catch (KernelException e) when (e.Errno is Errno.ENODEV or Errno.ENOENT)
        {
            // The container ended in between, and its cgroup with it.
            return null;
        }
    }

    private ContainerUsage Read(ContainerSnapshot snapshot, RunningRecord running, ContainerCgroup cgroup, Dictionary<string, (TimeSpan Cpu, long At)> now)
    {
        string id = snapshot.Id;
        TimeSpan? cpu = CgroupUsage.CpuTime(cgroup);
        long at = Stopwatch.GetTimestamp();
        double? percent = null;
        if (cpu is { } used)
        {
            now[id] = (used, at);

            // Less than before: it was started anew in between.
            if (before.TryGetValue(id, out (TimeSpan Cpu, long At) last) && used >= last.Cpu)
            {
                percent = Math.Round((used - last.Cpu) / Stopwatch.GetElapsedTime(last.At, at) * 100, 2);
            }
        }

        long? memory = CgroupUsage.Memory(cgroup);
        (long? read, long? written) = CgroupUsage.Blocks(cgroup);
        (long? received, long? sent) = snapshot.Options.Network == NetworkMode.Host ? (null, null) : NetworkUsage.Read(ContainerObserver.FirstProcess(running));
        return new ContainerUsage
        {
            Id = id,
            Name = snapshot.Name,
            Time = DateTimeOffset.UtcNow,
            CpuTime = cpu,
            CpuPercent = percent,
            Memory = memory,
            MemoryLimit = memory is null ? null : Math.Min(CgroupUsage.MemoryLimit(cgroup) ?? machineMemory, machineMemory),
            Pids = CgroupUsage.Pids(cgroup),
            PidsLimit = CgroupUsage.PidsLimit(cgroup),
            NetworkReceived = received,
            NetworkSent = sent,
            BlockRead = read,
            BlockWritten = written,
        };
    }
}
