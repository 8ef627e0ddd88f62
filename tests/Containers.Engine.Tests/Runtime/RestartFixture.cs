using Containers.Engine.Events;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Containers with restart policies, and what tests of them look at.</summary>
public sealed class RestartFixture : IDisposable
{
    private readonly EngineFixture fixture = new();

    public RestartFixture()
    {
        Root = Environment.IsPrivilegedProcess ? fixture.MakeRoot() : string.Empty;
        Shared = Environment.IsPrivilegedProcess ? fixture.MakeFolder("shared") : string.Empty;
    }

    public EngineFixture Fixture => fixture;

    public ContainerEngine Engine => fixture.Engine;

    public string Root { get; }

    /// <summary>The folder that containers see as /shared.</summary>
    public string Shared { get; }

    /// <summary>How many lives have written a line to /shared/lives.</summary>
    public int Lives => File.Exists($"{Shared}/lives") ? File.ReadAllLines($"{Shared}/lives").Length : 0;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ContainerSnapshot Create(string policy, string script) => Engine.Create(Options(policy, script), Cancellation);

    public ContainerSnapshot Start(string policy, string script) => Engine.Start(Create(policy, script).Id, Cancellation);

    public ContainerOptions Options(string policy, string script) => new()
    {
        RootFileSystem = Root, RestartPolicy = RestartPolicy.Parse(policy), Volumes = [new BindMount(Shared, "/shared", false)], Command = ["sh", "-c", script],
    };

    /// <summary>A container that has ended with 1 and whose next start is a minute away.</summary>
    public ContainerSnapshot StartWaiting(string policy = "always")
    {
        ContainerSnapshot container = Start(policy, "echo >> /shared/lives; while [ ! -e /shared/go ]; do sleep 0.02; done; exit 1");
        Write(container.Id, restart => restart with { Delay = 50_000 });
        File.WriteAllText($"{Shared}/go", string.Empty);
        Await(() => Engine.Get(container.Id).NextStartAt is not null, "it does not wait");
        File.Delete($"{Shared}/go");
        return Engine.Get(container.Id);
    }

    /// <summary>What is written of a container's restarts.</summary>
    internal RestartRecord Restarts(string id)
    {
        using var store = new ContainerStore(new StorageRoots(fixture.StateRoot, fixture.RuntimeRoot));
        return store.Records.Read(id).Restart ?? throw new InvalidOperationException("no record");
    }

    internal void Write(string id, Func<RestartRecord, RestartRecord> change)
    {
        using var store = new ContainerStore(new StorageRoots(fixture.StateRoot, fixture.RuntimeRoot));
        ContainerRecords records = store.Records.Read(id);
        store.Records.Write(records.Document!, change(records.Restart!));
    }

    /// <summary>Makes a container's last life one of an earlier boot.</summary>
    public void Reboot(ContainerSnapshot container)
    {
        string folder = $"{fixture.StateRoot}/containers/{container.Id}";
        File.WriteAllText(
            $"{folder}/running.json",
            $$"""{"bootId":"00000000-0000-0000-0000-000000000000","pid":{{Environment.ProcessId}},"pidStart":1,"monitor":1,"monitorStart":1,"startedAt":1700000000000000000}""");
        Directory.Delete($"{fixture.RuntimeRoot}/containers/{container.Id}", recursive: true);
    }

    public ContainerEvent[] Events() => [.. Engine.ReadEvents(new EventQuery { Until = DateTimeOffset.UtcNow }, Cancellation)];

    public static void Await(Func<bool> isSo, string otherwise) => Assert.True(EngineFixture.Patiently(isSo), otherwise);

    public bool IsThere(string id, string record) => File.Exists($"{fixture.StateRoot}/containers/{id}/{record}");

    public void Dispose() => fixture.Dispose();
}
