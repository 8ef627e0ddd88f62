using System.Globalization;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Abuse;

/// <summary>
/// Rounds in each of which a session works on containers and is killed at a random moment; in turn the monitor of a container, or what a monitor becomes at
/// its container's end, is killed instead. After each round every container must be shown as it is, and can be started or removed.
/// </summary>
/// <param name="roots">The engine.</param>
/// <param name="seed">Where all chance comes from; the scheduler's comes on top.</param>
/// <param name="told">Told of each finding.</param>
internal sealed class KillRounds(AbuseRoots roots, int seed, Action<string> told) : IDisposable
{
    private const int LatestKill = 30, MostContainers = 8, SigKill = 9, RoundsBetweenRepairs = 10;
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly string[] Names = ["c0", "c1", "c2", "c3", "c4"];
    private readonly Random random = new(seed);
    private readonly StateCheck check = new(roots);
    private SessionProcess next = new(roots, Names);
    private string round = string.Empty;

    /// <summary>The number of findings.</summary>
    public int Findings { get; private set; }

    /// <summary>The number of kills that hit something alive, by what was killed.</summary>
    public SortedDictionary<string, int> Kills { get; } = new(StringComparer.Ordinal);

    /// <summary>Does the rounds, and removes everything.</summary>
    public void Run(int rounds, CancellationToken cancellation)
    {
        for (int i = 0; i < rounds && !cancellation.IsCancellationRequested; i++)
        {
            round = string.Create(CultureInfo.InvariantCulture, $"round {i}");
            KillOne(i);
            check.Find().ToList().ForEach(Tell);
            TellSessions();
            UseEach();
            if (i % RoundsBetweenRepairs == RoundsBetweenRepairs - 1)
            {
                Repair();
            }
        }

        round = "at the end";
        next.Dispose();
        foreach (string finding in roots.RemoveAll())
        {
            Tell(finding);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => next.Dispose();

    private void KillOne(int number)
    {
        using SessionProcess session = next;
        session.AwaitReady();
        next = new SessionProcess(roots, Names);
        session.Go(random.Next(), Long);
        switch (number % 4)
        {
            case 2:
                KillMonitor();
                break;
            case 3:
                KillSuccessor();
                break;
            default:
                WaitRandomly();
                Count("session");
                break;
        }

        round += $", session at '{session.Last}'";
    }

    /// <summary>The session is killed too, right after.</summary>
    private void KillMonitor()
    {
        WaitRandomly();
        ContainerSnapshot[] running = [.. Attempt(() => roots.Engine.List()).Where(container => container.State == ContainerState.Running)];
        if (running.Length > 0)
        {
            Kill(running[random.Next(running.Length)].MonitorProcessId!.Value, "monitor");
        }
    }

    /// <summary>Kills <c>containers finish</c>, which the monitor of a container becomes that is to go at its end.</summary>
    private void KillSuccessor()
    {
        ContainerOptions options = new() { RootFileSystem = roots.RootFileSystem, Command = ["sleep", "0.01"], RemoveOnExit = true };
        if (roots.Engine.Start(roots.Engine.Create(options).Id).MonitorProcessId is not { } monitor)
        {
            // It has ended already.
            return;
        }

        using FileDescriptor? process = Pidfd.TryOpen(monitor, out _);
        while (process is not null && Files.ReadLink(Files.CurrentFolder, $"/proc/{monitor}/exe") is { } program && program.StartsWith("/memfd:", StringComparison.Ordinal))
        {
            Thread.Yield();
        }

        WaitRandomly(LatestKill / 2);
        if (process is not null && Pidfd.TrySignal(process, SigKill) == Errno.None)
        {
            Count("finish");
        }
    }

    private void Kill(int pid, string what)
    {
        using FileDescriptor? process = Pidfd.TryOpen(pid, out _);
        string? program = Files.ReadLink(Files.CurrentFolder, $"/proc/{pid}/exe");
        if (process is not null && program?.StartsWith("/memfd:pscontainers", StringComparison.Ordinal) is true && Pidfd.TrySignal(process, SigKill) == Errno.None)
        {
            Count(what);
        }
    }

    private void Count(string what) => Kills[what] = Kills.GetValueOrDefault(what) + 1;

    private void WaitRandomly(int atMost = LatestKill)
    {
        long end = System.Diagnostics.Stopwatch.GetTimestamp() + (long)(random.NextDouble() * atMost * System.Diagnostics.Stopwatch.Frequency / 1000);
        while (System.Diagnostics.Stopwatch.GetTimestamp() < end)
        {
            Thread.Sleep(0);
        }
    }

    /// <summary>Each container is started, removed or left, as chance has it; all are removed where they become many.</summary>
    private void UseEach()
    {
        IReadOnlyList<ContainerSnapshot> containers = Attempt(() => roots.Engine.List());
        foreach (ContainerSnapshot container in containers)
        {
            bool isRemoved = containers.Count > MostContainers || container.State == ContainerState.Creating || random.Next(3) == 0;
            if (isRemoved)
            {
                Use(container, "removed", () => roots.Engine.Remove(container.Id, force: true));
                if (roots.Engine.List().Any(other => other.Id == container.Id))
                {
                    Tell($"{container.Name} was removed and is there");
                }
            }
            else if (container.State != ContainerState.Running && random.Next(2) == 0)
            {
                Use(container, "started", () => _ = roots.Engine.Start(container.Id));
            }
        }
    }

    private void Use(ContainerSnapshot container, string what, Action action)
    {
        try
        {
            action();
        }
        catch (EngineException gone) when (gone.Reason == EngineErrorReason.NotFound && container.Options.RemoveOnExit)
        {
            // It has ended and gone meanwhile.
        }
        catch (EngineException gone) when (gone.Reason == EngineErrorReason.NotFound && container.State == ContainerState.Creating)
        {
            // Its removal was under way.
        }
        catch (Exception failure) when (failure is EngineException or KernelException)
        {
            Tell($"{container.Name} ({container.State}, {container.Reason}) cannot be {what}: {failure}".ReplaceLineEndings(" "));
        }
    }

    private void Repair()
    {
        foreach (var finding in roots.Engine.FindStale())
        {
            _ = roots.Engine.Mend(finding);
        }

        foreach (var left in roots.Engine.FindStale())
        {
            Tell($"not repaired: {left}");
        }
    }

    private void TellSessions()
    {
        if (File.Exists(roots.FindingsFile))
        {
            Array.ForEach(File.ReadAllLines(roots.FindingsFile), Tell);
            File.Delete(roots.FindingsFile);
        }
    }

    private IReadOnlyList<ContainerSnapshot> Attempt(Func<IReadOnlyList<ContainerSnapshot>> list)
    {
        try
        {
            return list();
        }
        catch (Exception failure) when (failure is EngineException or KernelException)
        {
            Tell($"the containers cannot be listed: {failure}".ReplaceLineEndings(" "));
            return [];
        }
    }

    private void Tell(string finding)
    {
        Findings++;
        told($"{round}: {finding}");
    }
}
