using System.Diagnostics;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Runtime;

/// <summary>
/// What sessions do that other tests kill. A session is a copy of this test program that runs one of these methods; they have no meaning elsewhere.
/// </summary>
public sealed class SessionToKill
{
    private const string Variable = "CONTAINERS_TEST_SESSION";

    /// <summary>Starts a session.</summary>
    /// <param name="method">One of the methods below.</param>
    /// <param name="configuration">Its engine's configuration file.</param>
    /// <param name="root">The root file system of its containers.</param>
    /// <param name="shared">A folder for signs between the test and the session.</param>
    internal static Process Start(string method, string configuration, string root, string shared)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add(typeof(SessionToKill).Assembly.Location);
        }

        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{typeof(SessionToKill).FullName}.{method}");
        start.ArgumentList.Add("-noLogo");
        start.Environment[Variable] = $"{configuration}|{root}|{shared}";
        var session = Process.Start(start)!;
        session.OutputDataReceived += (_, _) => { };
        session.BeginOutputReadLine();
        return session;
    }

    /// <summary>A container that prints, waits for a sign, and prints on.</summary>
    [Fact]
    public void RunLong()
    {
        (ContainerEngine engine, string root, string shared) = Open();
        using (engine)
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
                withInput: false, TestContext.Current.CancellationToken);
            using var reader = new StreamReader(container.StandardOutput);
            while (reader.ReadLine() is not null)
            {
                // Until it is killed.
            }
        }
    }

    /// <summary>Says in <c>ready</c> which thread does all the work, waits for <c>go</c>, and leads a container that goes and one that stays through their whole lives.</summary>
    [Fact]
    public void RunLives()
    {
        (ContainerEngine engine, string root, string shared) = Open();
        using (engine)
        {
            var options = new ContainerOptions { RootFileSystem = root, Command = ["true"] };
            Lives(engine, options);
            WaitForGo(shared, Files.ReadLink(Files.CurrentFolder, "/proc/thread-self")!.Split('/')[^1]);
            Lives(engine, options);
        }
    }

    /// <summary>Says in <c>ready</c> which process it is, waits for <c>go</c>, and takes images in, names them and removes them.</summary>
    [Fact]
    public void WorkOnImages()
    {
        (ContainerEngine engine, _, string shared) = Open();
        using (engine)
        {
            WaitForGo(shared, Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Images.ImagesToKill.Work(engine.Images);
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

    private static (ContainerEngine Engine, string Root, string Shared) Open()
    {
        string? asked = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipUnless(asked is not null, "runs only as the session that another test kills");
        string[] parts = asked!.Split('|');
        return (ContainerEngine.Open(parts[0]), parts[1], parts[2]);
    }
}
