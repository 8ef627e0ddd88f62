using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Runtime.ExceptionServices;
using System.Text;

namespace Containers.Commands;

/// <summary>
/// A script block on a thread of its own, which is in namespaces that the pipeline's is not in. What it writes comes back object by object; $using: takes variables along,
/// as Start-ThreadJob has it.
/// </summary>
/// <param name="cmdlet">The cmdlet whose pipeline gets what it writes.</param>
/// <param name="block">The script block.</param>
/// <param name="arguments">Its arguments.</param>
internal sealed class NamespaceScript(ContainerCommand cmdlet, ScriptBlock block, object?[] arguments)
{
    private readonly BlockingCollection<Action> _written = [];

    /// <summary>Runs it.</summary>
    /// <param name="input">What $input gives.</param>
    /// <param name="enter">Takes the thread into the namespaces; gives the way back.</param>
    public void Run(IReadOnlyList<PSObject> input, Func<Action> enter)
    {
        using var runspace = RunspaceFactory.CreateRunspace(cmdlet.Host, InitialSessionState.CreateDefault2());
        runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        var location = cmdlet.SessionState.Path.CurrentFileSystemLocation.ProviderPath;
        var variables = UsedVariables();
        using var shell = PowerShell.Create();
        var thread = new Thread(() => RunInside(shell, runspace, location, variables, input, enter)) { Name = "containers-namespace" };
        thread.Start();
        using var stopping = cmdlet.StopToken.Register(() => shell.BeginStop(callback: null, state: null));
        try
        {
            foreach (var write in _written.GetConsumingEnumerable())
            {
                write();
            }
        }
        finally
        {
            shell.Stop();
            thread.Join();
        }
    }

    private void RunInside(PowerShell shell, Runspace runspace, string location, Dictionary<string, object?> variables, IReadOnlyList<PSObject> input, Func<Action> enter)
    {
        try
        {
            var leave = enter();
            try
            {
                runspace.Open();
                shell.Runspace = runspace;
                runspace.SessionStateProxy.Path.SetLocation(WildcardPattern.Escape(location));
                shell.AddScript(block.ToString());
                if (variables.Count > 0)
                {
                    // The parameter by which PowerShell hands over the values of $using:.
                    shell.AddParameter("--%", variables);
                }

                Array.ForEach(arguments, argument => shell.AddArgument(argument));
                Follow(shell);
                var output = new PSDataCollection<PSObject>();
                output.DataAdded += (_, added) =>
                {
                    var one = output[added.Index];
                    _written.Add(() => cmdlet.WriteObject(one));
                };
                shell.Invoke(input, output, settings: null);
            }
            finally
            {
                leave();
            }
        }
        catch (PipelineStoppedException)
        {
            // Ctrl-C, or a reader that wants no more: the pipeline's thread knows.
        }
        catch (Exception e)
        {
            var failure = ExceptionDispatchInfo.Capture(e);
            _written.Add(failure.Throw);
        }
        finally
        {
            _written.CompleteAdding();
        }
    }

    private void Follow(PowerShell shell)
    {
        shell.Streams.Error.DataAdded += (_, added) => Write(shell.Streams.Error, added, cmdlet.WriteError);
        shell.Streams.Warning.DataAdded += (_, added) => Write(shell.Streams.Warning, added, one => cmdlet.WriteWarning(one.Message));
        shell.Streams.Verbose.DataAdded += (_, added) => Write(shell.Streams.Verbose, added, one => cmdlet.WriteVerbose(one.Message));
        shell.Streams.Information.DataAdded += (_, added) => Write(shell.Streams.Information, added, cmdlet.WriteInformation);
    }

    private void Write<T>(PSDataCollection<T> stream, DataAddedEventArgs added, Action<T> write)
    {
        var one = stream[added.Index];
        _written.Add(() => write(one));
    }

    private Dictionary<string, object?> UsedVariables()
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var used in block.Ast.FindAll(static ast => ast is UsingExpressionAst, searchNestedScriptBlocks: true).Cast<UsingExpressionAst>())
        {
            if (used.SubExpression is not VariableExpressionAst variable)
            {
                cmdlet.Refuse("UsingExpressionNotSupported", $"'{used}' is more than a variable: assign it to one before, and use that.", used.ToString());
                continue;
            }

            values[Convert.ToBase64String(Encoding.Unicode.GetBytes(used.ToString().ToLowerInvariant()))] = cmdlet.SessionState.PSVariable.GetValue(variable.VariablePath.UserPath);
        }

        return values;
    }
}
