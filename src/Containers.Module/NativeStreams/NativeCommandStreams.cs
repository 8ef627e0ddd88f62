using System.Management.Automation;

namespace Containers.Module.NativeStreams;

/// <summary>
/// Gives a cmdlet the standard error and the exit code of a native command (about_Redirection, about_Automatic_Variables):
/// error lines are shown or redirected without being errors, so that <c>$ErrorActionPreference = 'Stop'</c> does not end the
/// pipeline over a warning, and a non-zero exit code sets <c>$LASTEXITCODE</c> and <c>$?</c> without an error record.
/// </summary>
/// <param name="cmdlet">The running cmdlet. Only its pipeline thread may call.</param>
internal sealed class NativeCommandStreams(PSCmdlet cmdlet)
{
    // The error view of PowerShell shows records of exactly these ids as their bare text. Only the first line of a command
    // has the first id, which is the one that scripts look for.
    private const string FirstLineId = "NativeCommandError";
    private const string NextLineId = "NativeCommandErrorMessage";
    private const string ExitCodeId = "ProgramExitedWithNonZeroCode";

    private readonly CommandRuntimeInternals _runtime = CommandRuntimeInternals.Of(cmdlet);
    private bool _hasLines;

    /// <summary>Writes one line of the command's standard error.</summary>
    /// <param name="text">The line, without its newline.</param>
    public void WriteErrorLine(string text)
    {
        if (_runtime.ErrorStreamIsShown || !_runtime.CanWriteNativeError)
        {
            Show(text);
            return;
        }

        var record = new ErrorRecord(
            new RemoteException(text), _hasLines ? NextLineId : FirstLineId, ErrorCategory.NotSpecified, _hasLines ? null : text);
        _hasLines = true;
        _runtime.WriteNativeError(record);
    }

    /// <summary>Sets what the command ended with. Called once, after the last line.</summary>
    /// <param name="code">The exit code, 128 + n for signal n.</param>
    /// <param name="commandName">The command as the user knows it, for <c>$PSNativeCommandUseErrorActionPreference</c>'s error.</param>
    /// <exception cref="RuntimeException">
    /// The code is not 0, and the user asked for an error (<c>$PSNativeCommandUseErrorActionPreference</c>) that stops the pipeline.
    /// </exception>
    public void SetExitCode(int code, string commandName)
    {
        ArgumentException.ThrowIfNullOrEmpty(commandName);
        cmdlet.SessionState.PSVariable.Set("global:LASTEXITCODE", code);
        if (code == 0)
        {
            return;
        }

        _runtime.MarkFailed();
        if (!LanguagePrimitives.IsTrue(cmdlet.GetVariableValue("PSNativeCommandUseErrorActionPreference")))
        {
            return;
        }

        var message = $"The command '{commandName}' ended with exit code {code}.";
        var exception = CommandRuntimeInternals.CreateExitException(commandName, code, message, ExitCodeId);
        _runtime.WriteError(new ErrorRecord(exception, ExitCodeId, ErrorCategory.NotSpecified, commandName));
    }

    // A native command whose errors are not redirected writes to the terminal itself: uncoloured, and whatever bytes it likes.
    // Only a console has that way; any other host (an editor, a remote session) has its error line.
    private void Show(string text)
    {
        if (cmdlet.Host.Name is "ConsoleHost" or "Containers.Shell")
        {
            Console.Error.WriteLine(text);
        }
        else
        {
            cmdlet.Host.UI.WriteErrorLine(text);
        }
    }
}
