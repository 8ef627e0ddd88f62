using System.Diagnostics;
using System.Globalization;
using Containers.Engine.Registry;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Runtime;

/// <summary>
/// What sessions do that tests kill. A session is a copy of this test program that does one of these things and nothing else: the runner of the tests takes
/// longer to start than most of them live.
/// </summary>
internal static class SessionToKill
{
    /// <summary>The file in the shared folder that says why a session failed.</summary>
    internal const string FailureName = "failure";

    private const string Variable = "CONTAINERS_TEST_SESSION";

    private static string OwnProcess => Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    /// <summary>Starts a session.</summary>
    /// <param name="method">One of the methods below.</param>
    /// <param name="configuration">Its engine's configuration file.</param>
    /// <param name="subject">What it works with: the root file system of its containers, or an image's name.</param>
    /// <param name="shared">A folder for signs between the test and the session.</param>
    internal static Process Start(string method, string configuration, string subject, string shared)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add(typeof(SessionToKill).Assembly.Location);
        }

        start.Environment[Variable] = $"{method}|{configuration}|{subject}|{shared}";
        return Process.Start(start)!;
    }

    /// <summary>Works as the session that this process was started as, to its end.</summary>
    /// <returns>The exit code; null where it was not started as one.</returns>
    internal static int? TryRun()
    {
        if (Environment.GetEnvironmentVariable(Variable)?.Split('|') is not [var method, var configuration, var subject, var shared])
        {
            return null;
        }

        try
        {
            using ContainerEngine engine = ContainerEngine.Open(configuration);
            typeof(SessionToKill).GetMethod(method)!.CreateDelegate<Action<ContainerEngine, string, string>>()(engine, subject, shared);
            return 0;
        }
        catch (EngineException failure)
        {
            // Nothing special where the test has killed the helper; otherwise it is for the test to show.
            File.WriteAllText($"{shared}/{FailureName}", failure.ToString());
            return 1;
        }
    }

    /// <summary>A container that prints, waits for a sign, and prints on.</summary>
    public static void RunLong(ContainerEngine engine, string root, string shared)
    {
        using ForegroundProcess container = engine.Run(
            new ContainerOptions
            {
                RootFileSystem = root,
                RemoveOnExit = true,
                Volumes = [new BindMount(shared, "/shared", false)],
                Command =
                [
                    "sh", "-c",
                    "echo first; echo > /shared/ready; seq 1 10000; seq 1 10000; echo > /shared/half; while [ ! -e /shared/go ]; do sleep 0.05; done; echo last",
                ],
            },
            withInput: false, CancellationToken.None);
        using var reader = new StreamReader(container.StandardOutput);
        while (reader.ReadLine() is not null)
        {
            // Until it is killed.
        }
    }

    /// <summary>Attaches to a container, says so in <c>ready</c>, and reads nothing.</summary>
    public static void AttachTo(ContainerEngine engine, string id, string shared)
    {
        using ForegroundProcess attached = engine.Attach(id, withInput: false, CancellationToken.None);
        WaitForGo(shared, OwnProcess);
    }

    /// <summary>Starts a container with the restart policy that <c>policy</c> says; its script is in <c>script</c>.</summary>
    public static void StartWithPolicy(ContainerEngine engine, string root, string shared)
    {
        ContainerSnapshot made = engine.Create(new ContainerOptions
        {
            RootFileSystem = root,
            RestartPolicy = RestartPolicy.Parse(File.ReadAllText($"{shared}/policy")),
            Volumes = [new BindMount(shared, "/shared", false)],
            Command = ["sh", "/shared/script"],
        });
        _ = engine.Start(made.Id);
    }

    /// <summary>Says in <c>ready</c> which thread does all the work, waits for <c>go</c>, and leads a container that goes and one that stays through their whole lives.</summary>
    public static void RunLives(ContainerEngine engine, string root, string shared)
    {
        var options = new ContainerOptions { RootFileSystem = root, Command = ["true"] };
        Lives(engine, options);
        WaitForGo(shared, Files.ReadLink(Files.CurrentFolder, "/proc/thread-self")!.Split('/')[^1]);
        Lives(engine, options);
    }

    /// <summary>Says in <c>ready</c> which process it is, waits for <c>go</c>, and takes images in, names them and removes them.</summary>
    public static void WorkOnImages(ContainerEngine engine, string subject, string shared)
    {
        WaitForGo(shared, OwnProcess);
        Images.ImagesToKill.Work(engine.Images);
    }

    /// <summary>Says in <c>ready</c> which process it is, waits for <c>go</c>, and receives an image.</summary>
    public static void ReceiveImage(ContainerEngine engine, string name, string shared)
    {
        using ImageRegistry registry = engine.OpenRegistry();
        WaitForGo(shared, OwnProcess);
        _ = registry.Receive(name, null, null, CancellationToken.None);
    }

    /// <summary>Says in <c>ready</c> which thread does all the work, waits for <c>go</c>, and starts the one container that there is.</summary>
    public static void StartOne(ContainerEngine engine, string root, string shared)
    {
        WaitForGo(shared, Files.ReadLink(Files.CurrentFolder, "/proc/thread-self")!.Split('/')[^1]);
        _ = engine.Start(engine.List().Single().Id);
    }

    /// <summary>Repairs until there is a file <c>stop</c>, and writes the names of what it mended to a file of its own.</summary>
    public static void RepairUntilTold(ContainerEngine engine, string name, string shared)
    {
        while (!File.Exists($"{shared}/stop"))
        {
            foreach (Engine.Maintenance.StorageFinding finding in engine.FindStale())
            {
                if (engine.Mend(finding))
                {
                    File.AppendAllText($"{shared}/{name}", finding.Name + "\n");
                }
            }
        }
    }

    /// <summary>Makes, names anew, starts and removes containers until there is a file <c>stop</c>.</summary>
    public static void MakeAndRemoveUntilTold(ContainerEngine engine, string root, string shared)
    {
        var options = new ContainerOptions { RootFileSystem = root, Command = ["true"] };
        for (int turn = 0; !File.Exists($"{shared}/stop"); turn++)
        {
            string id = engine.Create(options).Id;
            _ = engine.Rename(id, $"renamed-{OwnProcess}-{turn}");
            Lives(engine, options);
            engine.Remove(id, force: false);
        }
    }

    private static void WaitForGo(string shared, string ready)
    {
        File.WriteAllText($"{shared}/ready.new", ready);
        File.Move($"{shared}/ready.new", $"{shared}/ready");
        while (!File.Exists($"{shared}/go"))
        {
            Thread.Sleep(5);
        }
    }

    private static void Lives(ContainerEngine engine, ContainerOptions options)
    {
        using (ForegroundProcess goes = engine.Run(options with { RemoveOnExit = true }, withInput: false))
        {
            _ = goes.WaitForExit(CancellationToken.None);
        }

        string stays = engine.Create(options).Id;
        _ = engine.Start(stays);
        _ = engine.Wait(stays, TimeSpan.FromMinutes(1));
        engine.Remove(stays, force: false);
    }
}
