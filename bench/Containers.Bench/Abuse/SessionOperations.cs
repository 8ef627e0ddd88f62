using System.Globalization;
using Containers.Engine;
using Containers.Engine.Copying;
using Containers.Engine.Runtime;

namespace Containers.Abuse;

/// <summary>One thing that a session does.</summary>
/// <param name="Name">What it is called in findings.</param>
/// <param name="Run">Does it.</param>
/// <param name="Expected">What it may be refused for where others do things at the same time.</param>
internal sealed record SessionOperation(string Name, Action<SessionTurn> Run, params EngineErrorReason[] Expected);

/// <summary>What one operation works with.</summary>
/// <param name="Engine">The session's engine.</param>
/// <param name="Random">Where all chance comes from.</param>
/// <param name="RootFileSystem">The containers' root file system.</param>
/// <param name="Names">What containers are called.</param>
internal sealed record SessionTurn(ContainerEngine Engine, Random Random, string RootFileSystem, IReadOnlyList<string> Names)
{
    /// <summary>One of the names.</summary>
    public string Name() => Names[Random.Next(Names.Count)];

    /// <summary>The id of one of the containers.</summary>
    /// <exception cref="EngineException">NotFound where none has the name at present.</exception>
    public string Id() => Engine.FindId(Name());

    /// <summary>A container: one that runs long, one that ends at once, one that writes a little.</summary>
    public ContainerOptions Options() => new()
    {
        RootFileSystem = RootFileSystem,
        Command = Random.Next(4) switch
        {
            0 => ["true"],
            1 => ["sleep", "0.02"],
            2 => ["sh", "-c", "seq 1 500; exec sleep 1000"],
            _ => ["sleep", "1000"],
        },
    };
}

/// <summary>All that sessions do. A new kind of operation is one entry more.</summary>
internal static class SessionOperations
{
    private static readonly TimeSpan ShortTime = TimeSpan.FromMilliseconds(30);

    public static IReadOnlyList<SessionOperation> All { get; } =
    [
        new("create", turn => _ = turn.Engine.Create(turn.Options() with { Name = turn.Name() }), EngineErrorReason.AlreadyExists),
        new("create and start", turn => _ = turn.Engine.Start(turn.Engine.Create(turn.Options() with { Name = turn.Name() }).Id),
            EngineErrorReason.AlreadyExists, EngineErrorReason.NotFound, EngineErrorReason.LaunchFailed),
        new("run", Run),
        new("detach", turn => _ = turn.Engine.Start(turn.Engine.Create(turn.Options() with { Command = ["sleep", "0.01"], RemoveOnExit = true }).Id)),
        new("start", turn => _ = turn.Engine.Start(turn.Id()), EngineErrorReason.NotFound, EngineErrorReason.Busy, EngineErrorReason.LaunchFailed),
        new("exec", Execute, EngineErrorReason.NotFound, EngineErrorReason.Busy, EngineErrorReason.NotRunning, EngineErrorReason.LaunchFailed),
        new("detached exec", turn => _ = turn.Engine.ExecuteDetached(turn.Id(), new ExecOptions { Command = ["sleep", "0.05"] }),
            EngineErrorReason.NotFound, EngineErrorReason.Busy, EngineErrorReason.NotRunning, EngineErrorReason.LaunchFailed),
        new("stop", turn => _ = turn.Engine.Stop(turn.Id(), turn.Random.Next(2) == 0 ? 9 : null, ShortTime), EngineErrorReason.NotFound),
        new("restart", turn => _ = turn.Engine.Restart(turn.Id(), 9, ShortTime), EngineErrorReason.NotFound, EngineErrorReason.Busy, EngineErrorReason.LaunchFailed),
        new("suspend", turn => _ = turn.Engine.Suspend(turn.Id()), EngineErrorReason.NotFound, EngineErrorReason.Busy, EngineErrorReason.NotRunning),
        new("resume", turn => _ = turn.Engine.Resume(turn.Id()), EngineErrorReason.NotFound, EngineErrorReason.Busy, EngineErrorReason.NotRunning),
        new("rename", turn => _ = turn.Engine.Rename(turn.Id(), turn.Name()), EngineErrorReason.NotFound, EngineErrorReason.AlreadyExists, EngineErrorReason.InvalidArgument),
        new("copy in", turn => turn.Engine.CopyIn(turn.Id(), $"{turn.RootFileSystem}/bin", Target(turn), new CopyOptions()),
            EngineErrorReason.NotFound, EngineErrorReason.Busy, EngineErrorReason.AlreadyExists),
        new("remove", turn => turn.Engine.Remove(turn.Id(), force: turn.Random.Next(2) == 0), EngineErrorReason.NotFound, EngineErrorReason.Busy),
        new("list", turn => _ = turn.Engine.List()),
    ];

    /// <summary>Each process copies to a place of its own: two that write one file at once are not what is to be tried.</summary>
    private static string Target(SessionTurn turn) => string.Create(CultureInfo.InvariantCulture, $"/tmp/{Environment.ProcessId}-{turn.Random.Next(1_000_000)}");

    private static void Run(SessionTurn turn)
    {
        using ForegroundProcess container = turn.Engine.Run(turn.Options() with { Command = ["echo", "text"], RemoveOnExit = true }, withInput: false);
        Finish(container);
    }

    private static void Execute(SessionTurn turn)
    {
        using ForegroundProcess command = turn.Engine.Execute(turn.Id(), new ExecOptions { Command = ["true"] }, withInput: false);
        Finish(command);
    }

    private static void Finish(ForegroundProcess process)
    {
        process.StandardOutput.CopyTo(Stream.Null);
        process.StandardError?.CopyTo(Stream.Null);
        _ = process.WaitForExit(CancellationToken.None);
    }
}
