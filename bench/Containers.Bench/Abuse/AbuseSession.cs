using System.Globalization;
using Containers.Engine;
using Containers.Interop;

namespace Containers.Abuse;

/// <summary>
/// What a child process does: it makes itself warm, says <c>ready</c>, is given a seed and a number of milliseconds over its standard input, and does one
/// operation after the other until the time is over or it is killed. What should not happen to it goes to the file of findings.
/// </summary>
internal static class AbuseSession
{
    /// <summary>Says to a process of this program that it is a session: its configuration, root file system, file of findings, and the containers' names.</summary>
    internal const string Variable = "CONTAINERS_ABUSE_SESSION";

    /// <summary>More than the engine waits for anything by itself.</summary>
    private static readonly TimeSpan LongestOperation = TimeSpan.FromSeconds(30);

    /// <summary>Works as a session, to its end.</summary>
    /// <returns>The exit code; null where this process was not started as one.</returns>
    internal static int? TryRun()
    {
        if (Environment.GetEnvironmentVariable(Variable)?.Split('|') is not [var configuration, var root, var findings, .. var names])
        {
            return null;
        }

        using ContainerEngine engine = ContainerEngine.Open(configuration);
        WarmUp(engine, root);
        Console.Out.WriteLine("ready");
        while (Console.In.ReadLine()?.Split(' ') is [var seed, var milliseconds])
        {
            // Not for secrets: the same seed is to give the same operations.
            var turn = new SessionTurn(engine, new Random(int.Parse(seed, CultureInfo.InvariantCulture)), root, names);
            (int done, int refused) = Work(turn, TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture)), findings);
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"done {done} {refused}"));
        }

        return 0;
    }

    /// <summary>Everything once, so that a kill within milliseconds does not always hit the first operation's compilation.</summary>
    private static void WarmUp(ContainerEngine engine, string root)
    {
        string own = $"warm-{Environment.ProcessId}";
        var turn = new SessionTurn(engine, new Random(1), root, [own]);
        string id = engine.Start(engine.Create(turn.Options() with { Name = own, Command = ["sleep", "1000"] }).Id).Id;
        foreach (SessionOperation operation in SessionOperations.All)
        {
            _ = Try(operation, turn);
        }

        foreach (var left in engine.List().Where(container => container.Id == id || container.Name == own))
        {
            _ = Try(new SessionOperation("remove", turn => turn.Engine.Remove(left.Id, force: true)), turn);
        }
    }

    private static (int Done, int Refused) Work(SessionTurn turn, TimeSpan time, string findings)
    {
        int done = 0, refused = 0;
        long end = Environment.TickCount64 + (long)time.TotalMilliseconds;
        while (Environment.TickCount64 < end)
        {
            SessionOperation operation = SessionOperations.All[turn.Random.Next(SessionOperations.All.Count)];
            Console.Out.WriteLine(operation.Name);
            long begin = Environment.TickCount64;
            Exception? failure = Try(operation, turn);
            _ = failure is null ? done++ : refused++;
            if (failure is not null && !IsExpected(failure, operation))
            {
                File.AppendAllText(findings, $"{operation.Name}: {failure}".ReplaceLineEndings(" ") + "\n");
            }

            if (Environment.TickCount64 - begin > LongestOperation.TotalMilliseconds)
            {
                File.AppendAllText(findings, $"{operation.Name} took {(Environment.TickCount64 - begin) / 1000} s: {failure?.Message}".ReplaceLineEndings(" ") + "\n");
            }
        }

        return (done, refused);
    }

    private static bool IsExpected(Exception failure, SessionOperation operation) => failure is EngineException refused && operation.Expected.Contains(refused.Reason);

    private static Exception? Try(SessionOperation operation, SessionTurn turn)
    {
        try
        {
            operation.Run(turn);
            return null;
        }
        catch (Exception failure) when (failure is EngineException or KernelException or IOException or InvalidOperationException or NullReferenceException)
        {
            return failure;
        }
    }
}
