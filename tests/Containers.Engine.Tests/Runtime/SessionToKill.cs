using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>What the killed session does (see <see cref="DetachedTests"/>): it has no meaning but in a process that the other test starts.</summary>
public sealed class SessionToKill
{
    public const string Variable = "CONTAINERS_TEST_SESSION";

    [Fact]
    public void Run()
    {
        string? asked = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipUnless(asked is not null, "runs only as the session that another test kills");
        string[] parts = asked!.Split('|');
        using var engine = ContainerEngine.Open(parts[0]);
        using ForegroundContainer container = engine.Run(
            new ContainerOptions
            {
                RootFileSystem = parts[1],
                RemoveOnExit = true,
                Volumes = [new BindMount(parts[2], "/shared", false)],
                Command =
                [
                    "sh", "-c",
                    "echo first; echo > /shared/ready; seq 1 10000; seq 1 10000; echo > /shared/half; while [ ! -e /shared/go ]; do sleep 0.05; done; echo last",
                ],
            },
            withInput: false, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(container.StandardOutput);
        while (reader.ReadLine() is not null)
        {
            // Until it is killed.
        }
    }
}
