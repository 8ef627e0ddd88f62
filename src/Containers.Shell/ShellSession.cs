using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Runtime.InteropServices;

namespace Containers.Shell;

/// <summary>One run of the program: a runspace with the module, one pipeline in it, and the exit code that follows.</summary>
internal sealed class ShellSession : IDisposable
{
    private readonly ShellHost _host = new();
    private readonly Lock _gate = new();
    private Pipeline? _running;
    private int? _endedBySignal;

    /// <summary>Runs what the command line asks for.</summary>
    /// <param name="arguments">The command line.</param>
    /// <returns>The exit code of the program.</returns>
    public int Run(ShellArguments arguments)
    {
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

        _host.UserInterface.OutputClosed += (_, _) => TryStop(SignalNumber.BrokenPipe);
        using var runspace = Open();
        if (runspace is null)
        {
            return ShellExitCode.NoSession;
        }

        if (arguments.File is not null)
        {
            EngineInternals.LetExitEndTheSession(runspace);
        }

        var failure = Execute(runspace, arguments);
        _host.UserInterface.EndProgress();
        if (_endedBySignal is { } signal)
        {
            return ShellExitCode.SignalBase + signal;
        }

        if (failure is not null)
        {
            Report(runspace, failure);
            return _host.ExitCode ?? ShellExitCode.Failure;
        }

        return _host.ExitCode ?? (LastStatementSucceeded(runspace) ? ShellExitCode.Success : ShellExitCode.Failure);
    }

    /// <inheritdoc/>
    public void Dispose() => _host.UserInterface.EndProgress();

    private Runspace? Open()
    {
        // CreateDefault() looks for the assemblies of the other modules of a PowerShell installation.
        var state = InitialSessionState.CreateDefault2();
        state.ThrowOnRunspaceOpenError = true;
        state.ImportPSModule(Path.Combine(AppContext.BaseDirectory, "Containers", "Containers.psd1"));
        var runspace = RunspaceFactory.CreateRunspace(_host, state);
        try
        {
            runspace.ThreadOptions = PSThreadOptions.ReuseThread;
            runspace.Open();
            return runspace;
        }
        catch (RuntimeException error)
        {
            runspace.Dispose();
            Console.Error.WriteLine($"The PowerShell session did not open: {error.Message}");
            return null;
        }
    }

    // Gives what ended the pipeline, where an error did.
    private Exception? Execute(Runspace runspace, ShellArguments arguments)
    {
        var script = arguments.File is { } file
            ? Parser.ParseFile(file, out _, out var errors)
            : Parser.ParseInput(arguments.Command, out _, out errors);
        if (errors.Length > 0)
        {
            // The engine's own error for statements that end too early has no position, and its view then shows nothing at all.
            return new ParseException(errors);
        }

        // Only a pipeline that is kept in the history, as those of a user are, leaves its $? behind; a script's is not asked for.
        using var pipeline = arguments.Command is { } text ? runspace.CreatePipeline(text, addToHistory: true) : runspace.CreatePipeline();
        if (arguments.File is { } path)
        {
            pipeline.Commands.Add(ScriptCommand(path, arguments.FileArguments));
        }

        pipeline.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.Commands.Add(OutDefault());

        using var ended = new ManualResetEventSlim();
        pipeline.StateChanged += (_, change) =>
        {
            if (change.PipelineStateInfo.State is PipelineState.Completed or PipelineState.Failed or PipelineState.Stopped)
            {
                ended.Set();
            }
        };

        lock (_gate)
        {
            if (_endedBySignal is not null)
            {
                return null;
            }

            _running = pipeline;
            pipeline.InvokeAsync();
        }

        // A script that does not ask for $input may read standard input itself, or pass it on to a program.
        if (Console.IsInputRedirected && UsesInput(script))
        {
            // On a thread of its own: reading cannot be interrupted, and a pipeline that is stopped or wants no more must end all the same.
            new Thread(() => FeedStandardInput(pipeline)) { IsBackground = true, Name = "Standard input" }.Start();
        }
        else
        {
            pipeline.Input.Close();
        }

        ended.Wait();
        lock (_gate)
        {
            _running = null;
        }

        return pipeline.PipelineStateInfo.State == PipelineState.Failed ? pipeline.PipelineStateInfo.Reason : null;
    }

    private static Command ScriptCommand(string path, IEnumerable<CommandParameter> arguments)
    {
        // A script with another ending, made executable by its #! line, is no command to PowerShell; its text is.
        var command = path.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase)
            ? new Command(path, isScript: false, useLocalScope: false)
            : new Command(File.ReadAllText(path), isScript: true, useLocalScope: false);
        foreach (var argument in arguments)
        {
            command.Parameters.Add(argument);
        }

        return command;
    }

    private static bool UsesInput(Ast script) =>
        script.Find(
            ast => ast is VariableExpressionAst variable && variable.VariablePath.IsVariable &&
                variable.VariablePath.UserPath.Equals("input", StringComparison.OrdinalIgnoreCase),
            searchNestedScriptBlocks: false) is not null;

    private static void FeedStandardInput(Pipeline pipeline)
    {
        try
        {
            while (Console.In.ReadLine() is { } line)
            {
                pipeline.Input.Write(line);
            }

            pipeline.Input.Close();
        }
        catch (Exception error) when (error is PipelineClosedException or ObjectDisposedException)
        {
            // The pipeline has ended without wanting more.
        }
    }

    private static Command OutDefault()
    {
        var command = new Command("Out-Default", isScript: false, useLocalScope: true);
        command.MergeUnclaimedPreviousCommandResults = PipelineResultTypes.Error | PipelineResultTypes.Output;
        return command;
    }

    private static void Report(Runspace runspace, Exception failure)
    {
        var record = (failure as IContainsErrorRecord)?.ErrorRecord ??
            new ErrorRecord(failure, "ShellSession.Report", ErrorCategory.NotSpecified, targetObject: null);
        try
        {
            using var pipeline = runspace.CreatePipeline();
            pipeline.Commands.Add(OutDefault());
            pipeline.Input.Write(EngineInternals.ShownAsError(record));
            pipeline.Input.Close();
            pipeline.Invoke();
        }
        catch (RuntimeException)
        {
            // The formatting itself failed, for example because the script changed it: the message is what is left.
            Console.Error.WriteLine(failure.Message);
        }
    }

    private static bool LastStatementSucceeded(Runspace runspace)
    {
        using var pipeline = runspace.CreatePipeline("$global:?");
        return pipeline.Invoke() is [{ BaseObject: true }];
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        var signal = context.Signal switch
        {
            PosixSignal.SIGHUP => SignalNumber.HangUp,
            PosixSignal.SIGINT => SignalNumber.Interrupt,
            _ => SignalNumber.Terminate,
        };
        if (!TryStop(signal))
        {
            Environment.Exit(ShellExitCode.SignalBase + signal);
        }
    }

    // The first signal stops the pipeline, so that what it holds is released; another one does not wait for that.
    private bool TryStop(int signal)
    {
        lock (_gate)
        {
            if (_endedBySignal is not null)
            {
                return false;
            }

            _endedBySignal = signal;
            _running?.StopAsync();
            return true;
        }
    }

    private static class SignalNumber
    {
        public const int HangUp = 1;
        public const int Interrupt = 2;
        public const int BrokenPipe = 13;
        public const int Terminate = 15;
    }
}
