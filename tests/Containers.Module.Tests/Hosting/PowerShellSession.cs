using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;

namespace Containers.Module.Tests.Hosting;

/// <summary>A session of the hosted PowerShell engine with the built module imported, as a user has it.</summary>
internal sealed class PowerShellSession : IDisposable
{
    private readonly Runspace _runspace;

    /// <summary>Opens a session.</summary>
    /// <param name="importModule">Whether Containers.psd1 is imported into it.</param>
    /// <param name="cmdlets">Cmdlets of the tests that the session has as well.</param>
    public PowerShellSession(bool importModule = true, params Type[] cmdlets)
    {
        // CreateDefault() looks for assemblies that only a PowerShell installation has.
        var state = InitialSessionState.CreateDefault2();
        if (importModule)
        {
            state.ImportPSModule(Repository.Manifest);
        }

        foreach (var cmdlet in cmdlets)
        {
            var name = (CmdletAttribute)cmdlet.GetCustomAttributes(typeof(CmdletAttribute), inherit: false)[0];
            state.Commands.Add(new SessionStateCmdletEntry($"{name.VerbName}-{name.NounName}", cmdlet, helpFileName: null));
        }

        _runspace = RunspaceFactory.CreateRunspace(Host, state);
        _runspace.Open();
        ImportErrors = _runspace.SessionStateProxy.GetVariable("Error") is ArrayList errors ? [.. errors.Cast<object>()] : [];
    }

    public RecordingHost Host { get; } = new();

    public RecordingUserInterface Shown => Host.Recorded;

    /// <summary>What $Error held once the session was open: the import's errors.</summary>
    public IReadOnlyList<object> ImportErrors { get; }

    /// <summary>Runs a script and gives its output; non-terminating errors are in the result, terminating ones are thrown.</summary>
    /// <param name="script">The script.</param>
    /// <param name="input">What it gets as <c>$input</c>.</param>
    /// <returns>Output and errors.</returns>
    public ScriptResult Run(string script, IEnumerable? input = null)
    {
        using var shell = PowerShell.Create(_runspace);
        shell.AddScript(script);
        var output = input is null ? shell.Invoke() : shell.Invoke(input);
        return new ScriptResult([.. output], [.. shell.Streams.Error], shell.HadErrors);
    }

    /// <summary>Runs a script as a host does, everything shown through Out-Default. Terminating errors are thrown.</summary>
    /// <param name="script">The script.</param>
    /// <returns>What is shown, which is also in <see cref="Shown"/>.</returns>
    public RecordingUserInterface Show(string script)
    {
        using var shell = PowerShell.Create(_runspace);
        shell.AddScript(script);
        shell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        shell.AddCommand("Out-Default");
        shell.Invoke();
        return Shown;
    }

    /// <summary>Starts a script that the test stops or waits for itself.</summary>
    /// <param name="script">The script.</param>
    /// <returns>The pipeline, to be disposed of by the caller.</returns>
    public PowerShell CreatePipeline(string script) => PowerShell.Create(_runspace).AddScript(script);

    public object? GetVariable(string name) => _runspace.SessionStateProxy.GetVariable(name);

    /// <summary>What completion offers at the end of a text, as the Tab key does.</summary>
    /// <param name="text">The text before the cursor.</param>
    /// <returns>The completions' texts.</returns>
    public IReadOnlyList<string> Complete(string text)
    {
        using var shell = PowerShell.Create(_runspace);
        return [.. CommandCompletion.CompleteInput(text, text.Length, options: null, shell).CompletionMatches.Select(m => m.CompletionText)];
    }

    public void Dispose() => _runspace.Dispose();
}

/// <summary>What a script gave.</summary>
/// <param name="Output">The output stream.</param>
/// <param name="Errors">The error stream.</param>
/// <param name="HadErrors">Whether the engine counts the pipeline as failed.</param>
internal sealed record ScriptResult(IReadOnlyList<PSObject> Output, IReadOnlyList<ErrorRecord> Errors, bool HadErrors)
{
    /// <summary>The output as text, one line an object.</summary>
    public IReadOnlyList<string> Lines => [.. Output.Select(o => o?.ToString() ?? "")];

    /// <summary>The only output object's own value.</summary>
    public object Single => Assert.Single(Output).BaseObject;
}
