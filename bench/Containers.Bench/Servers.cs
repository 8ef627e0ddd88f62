using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Containers.Engine;
using Containers.Engine.Runtime;

namespace Containers.Bench;

/// <summary>The roles of this program as a coprocess: a warm session of the engine, one of PowerShell, and a module's import.</summary>
internal static class Servers
{
    internal const string Image = "bench";

    /// <summary>Untimed runs that make a session warm: what it calls is compiled, and once more with optimisation after 30 calls.</summary>
    private const int WarmUps = 60;

    /// <summary>What the compiler's background thread gets to finish with, so that it does not run into the first timed runs.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1.5);

    /// <summary>Serves a role until standard input ends.</summary>
    internal static void Serve(string role, string argument)
    {
        if (role == "images")
        {
            ImageServer.Serve(argument);
            return;
        }

        Func<char, long> answer = role switch
        {
            "engine" => Engine(argument),
            "cmdlet" => Cmdlet(argument, $"Invoke-Container -Rm {Image} -- /true"),
            "exec-engine" => Exec(argument),
            "exec-cmdlet" => ExecCmdlet(argument),
            "import" => Import(argument),
            _ => throw new AbsentException($"no role {role}"),
        };
        for (int request = Console.In.Read(); request >= 0; request = Console.In.Read())
        {
            try
            {
                Console.Out.WriteLine($"ok {answer((char)request)}");
            }
            catch (Exception error)
            {
                Console.Out.WriteLine($"failed {error.GetBaseException().Message.ReplaceLineEndings(" ")}");
            }

            Console.Out.Flush();
        }

        // The thread of a session's pipelines lasts: it would keep the process, and with it the idle container.
        Environment.Exit(0);
    }

    /// <summary>A new container through the engine's own interface.</summary>
    private static Func<char, long> Engine(string archive)
    {
        ContainerEngine? engine = null;
        ContainerSnapshot? idle = null;
        bool isWarm = false;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            if (idle is not null)
            {
                engine?.Remove(idle.Id, force: true);
            }
        };
        return request =>
        {
            engine ??= OpenWithImage(archive);
            if (request == Coprocess.IdleRequest)
            {
                idle = engine.Create(new ContainerOptions { Image = Image, Command = ["/true", "idle"] });
                return engine.Start(idle.Id).MonitorProcessId ?? throw new InvalidOperationException("the idle container has no monitor");
            }

            if (!isWarm)
            {
                WarmUp(() => RunOnce(engine));
                isWarm = true;
            }

            return RunOnce(engine);
        };
    }

    private static void WarmUp(Func<long> run)
    {
        for (int i = 0; i < WarmUps; i++)
        {
            _ = run();
        }

        Thread.Sleep(Settling);
    }

    private static long RunOnce(ContainerEngine engine)
    {
        long from = Stopwatch.GetTimestamp();
        using ForegroundProcess container = engine.Run(
            new ContainerOptions { Image = Image, Command = ["/true"], RemoveOnExit = true }, withInput: false);
        return Finish(container, from);
    }

    private static long Finish(ForegroundProcess process, long from)
    {
        process.StandardOutput.CopyTo(Stream.Null);
        process.StandardError!.CopyTo(Stream.Null);
        ProcessEnd ended = process.WaitForExit(CancellationToken.None);
        long time = (long)Stopwatch.GetElapsedTime(from).TotalNanoseconds;
        return ended.ExitCode == 0 ? time : throw new InvalidOperationException($"exit code {ended.ExitCode}");
    }

    /// <summary>A further command in a container that idles as long as this process.</summary>
    private static Func<char, long> Exec(string archive)
    {
        (ContainerEngine engine, string id) = Idle(archive);
        long Run()
        {
            long from = Stopwatch.GetTimestamp();
            using ForegroundProcess command = engine.Execute(id, new ExecOptions { Command = ["/true"] }, withInput: false);
            return Finish(command, from);
        }

        WarmUp(Run);
        return _ => Run();
    }

    private static Func<char, long> ExecCmdlet(string archive)
    {
        (_, string id) = Idle(archive);
        return Cmdlet(archive, $"Invoke-ContainerCommand {id} -- /true");
    }

    private static (ContainerEngine Engine, string Id) Idle(string archive)
    {
        ContainerEngine engine = OpenWithImage(archive);
        string id = engine.Create(new ContainerOptions { Image = Image, Command = ["/true", "idle"] }).Id;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => engine.Remove(id, force: true);
        engine.Start(id);
        return (engine, id);
    }

    private static ContainerEngine OpenWithImage(string archive)
    {
        ContainerEngine engine = ContainerEngine.Open();
        if (!engine.Images.List().Any(static image => image.Name?.Split(':')[0] == Image))
        {
            using FileStream stream = File.OpenRead(archive);
            engine.Images.Make(stream, Image, new(), progress: null, CancellationToken.None);
        }

        return engine;
    }

    /// <summary>
    /// A statement in a warm session of PowerShell with the module imported, timed as its script sees it: what the session takes to begin with a script is not the
    /// cmdlet's.
    /// </summary>
    private static Func<char, long> Cmdlet(string archive, string statement)
    {
        string script = $$"""
            $from = [System.Diagnostics.Stopwatch]::GetTimestamp()
            {{statement}}
            [long][System.Diagnostics.Stopwatch]::GetElapsedTime($from).TotalNanoseconds
            if ($LASTEXITCODE -ne 0) { throw "exit code $LASTEXITCODE" }
            """;
        Runspace? session = null;
        long Run() => (long)Invoke(session!, script)[0].BaseObject;
        return _ =>
        {
            if (session is null)
            {
                // The image is there already where the engine's turn came first.
                using (OpenWithImage(archive))
                {
                    session = NewSession();
                }

                Invoke(session, $"Import-Module '{ModuleManifest()}' -ErrorAction Stop");
                WarmUp(Run);
            }

            return Run();
        };
    }

    /// <summary>One Import-Module of a process, in a session that has run a pipeline before.</summary>
    private static Func<char, long> Import(string module) => _ =>
    {
        using Runspace session = NewSession();
        Invoke(session, "1 | ForEach-Object { $_ } | Out-Null");
        long from = Stopwatch.GetTimestamp();
        Invoke(session, $"Import-Module '{module}' -ErrorAction Stop");
        return (long)Stopwatch.GetElapsedTime(from).TotalNanoseconds;
    };

    internal static string ModuleManifest()
    {
        string? file = Workspace.Repository is { } folder ? Path.Combine(folder, "Containers.psd1") : null;
        return File.Exists(file) ? file : throw new AbsentException("the module is not built");
    }

    private static Runspace NewSession()
    {
        // CreateDefault would look for assemblies that this host does not ship.
        Runspace session = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());

        // As pwsh itself has it: else each pipeline gets a new thread, which takes longer than a cmdlet.
        session.ThreadOptions = PSThreadOptions.ReuseThread;
        session.Open();
        return session;
    }

    private static Collection<PSObject> Invoke(Runspace session, string script)
    {
        using var shell = PowerShell.Create(session);
        Collection<PSObject> output = shell.AddScript(script).Invoke();
        if (shell.HadErrors && shell.Streams.Error.Count > 0)
        {
            throw new InvalidOperationException(shell.Streams.Error[0].ToString());
        }

        return output;
    }
}
