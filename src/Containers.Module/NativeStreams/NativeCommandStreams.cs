using System.Management.Automation;

namespace Containers.Module.NativeStreams;

/// <summary>
/// Gives a cmdlet the standard error and the exit code of a native command: error lines are shown or redirected without
/// being errors, and a non-zero exit code sets <c>$LASTEXITCODE</c> and <c>$?</c> without an error record.
/// </summary>
/// <param name="cmdlet">The running cmdlet. Its pipeline thread alone may call.</param>
internal sealed class NativeCommandStreams(PSCmdlet cmdlet)
{
    /// <summary>Writes one line of the command's standard error.</summary>
    /// <param name="text">The line, without its newline.</param>
    public void WriteErrorLine(string text) => cmdlet.Host.UI.WriteErrorLine(text);

    /// <summary>Sets what the command ended with. Called once, after the last line.</summary>
    /// <param name="code">The exit code, 128 + n for signal n.</param>
    /// <param name="commandName">The command as the user knows it, for the error of <c>$PSNativeCommandUseErrorActionPreference</c>.</param>
    public void SetExitCode(int code, string commandName)
    {
        ArgumentException.ThrowIfNullOrEmpty(commandName);
        cmdlet.SessionState.PSVariable.Set("global:LASTEXITCODE", code);
    }
}
