using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Containers.Shell;

/// <summary>
/// PowerShell's streams on the three standard ones, as pwsh has them: output, warnings, verbose and debug lines on
/// standard output, errors on standard error, progress on standard error and only where that is a terminal.
/// </summary>
internal sealed class ShellUserInterface : PSHostUserInterface
{
    private const string Yellow = "\u001b[33;1m";
    private const string Reset = "\u001b[0m";

    private static readonly bool ColourIsWanted =
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) &&
        Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    private readonly Lock _gate = new();
    private readonly bool _outputHasColour = ColourIsWanted && !Console.IsOutputRedirected;
    private readonly bool _errorHasColour = ColourIsWanted && !Console.IsErrorRedirected;
    private readonly ProgressLine? _progress = Console.IsErrorRedirected ? null : new ProgressLine(Console.Error);

    private readonly TextWriter _output = OpenOutput();
    private bool _outputIsClosed;

    /// <summary>Raised once, when the reader of standard output has gone.</summary>
    public event EventHandler? OutputClosed;

    /// <inheritdoc/>
    public override PSHostRawUserInterface RawUI { get; } = new ShellRawUserInterface();

    /// <inheritdoc/>
    public override bool SupportsVirtualTerminal => _outputHasColour;

    /// <summary>Takes the progress line off the terminal.</summary>
    public void EndProgress()
    {
        lock (_gate)
        {
            _progress?.End();
        }
    }

    /// <inheritdoc/>
    public override void Write(string value)
    {
        lock (_gate)
        {
            _progress?.Erase();
            if (!_outputIsClosed && !TryWrite(value))
            {
                _outputIsClosed = true;
                OutputClosed?.Invoke(this, EventArgs.Empty);
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        if (!_outputHasColour)
        {
            Write(value);
            return;
        }

        lock (_gate)
        {
            _progress?.Erase();
            Console.ForegroundColor = foregroundColor;
            if (backgroundColor != RawUI.BackgroundColor)
            {
                Console.BackgroundColor = backgroundColor;
            }

            _output.Write(value);
            Console.ResetColor();
        }
    }

    /// <inheritdoc/>
    public override void WriteLine(string value) => Write(value + "\n");

    /// <inheritdoc/>
    public override void WriteErrorLine(string value)
    {
        lock (_gate)
        {
            _progress?.Erase();
            Console.Error.WriteLine(GetOutputString(value, _errorHasColour));
        }
    }

    /// <inheritdoc/>
    public override void WriteWarningLine(string message) => WriteLine(Prefixed("WARNING: ", message));

    /// <inheritdoc/>
    public override void WriteVerboseLine(string message) => WriteLine(Prefixed("VERBOSE: ", message));

    /// <inheritdoc/>
    public override void WriteDebugLine(string message) => WriteLine(Prefixed("DEBUG: ", message));

    /// <inheritdoc/>
    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        lock (_gate)
        {
            _progress?.Show(record, RawUI.WindowSize.Width);
        }
    }

    /// <inheritdoc/>
    public override string ReadLine()
    {
        EndProgress();
        return Console.In.ReadLine()!;
    }

    /// <inheritdoc/>
    public override SecureString ReadLineAsSecureString() => throw ShellHost.NotInteractive("Reading a secret");

    /// <inheritdoc/>
    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) =>
        throw ShellHost.NotInteractive($"Asking for {string.Join(", ", descriptions.Select(d => d.Name))}");

    /// <inheritdoc/>
    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        var keys = choices.Select(KeyOf).ToList();
        var offered = string.Join("  ", choices.Select((choice, i) => $"[{keys[i]}] {NameOf(choice)}"));
        WriteLine(string.IsNullOrEmpty(caption) ? message : $"{caption}\n{message}");
        while (true)
        {
            Write(defaultChoice >= 0 ? $"{offered} (default is \"{keys[defaultChoice]}\"): " : $"{offered}: ");
            if (ReadLine()?.Trim() is not { } answer)
            {
                throw new HostException(
                    $"'{message}' was not answered: standard input is at its end. Answer it beforehand, with -Confirm:$false or -Force.");
            }

            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            for (var i = 0; i < choices.Count; i++)
            {
                if (answer.Equals(keys[i], StringComparison.OrdinalIgnoreCase) ||
                    answer.Equals(NameOf(choices[i]), StringComparison.OrdinalIgnoreCase))
                {
                    return i;
                }
            }
        }
    }

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        throw ShellHost.NotInteractive("Asking for a credential");

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options) =>
        throw ShellHost.NotInteractive("Asking for a credential");

    private static string NameOf(ChoiceDescription choice) => choice.Label.Replace("&", "", StringComparison.Ordinal);

    private static string KeyOf(ChoiceDescription choice)
    {
        var mark = choice.Label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark + 1 < choice.Label.Length
            ? choice.Label[mark + 1].ToString().ToUpper(CultureInfo.InvariantCulture)
            : choice.Label;
    }

    private string Prefixed(string prefix, string message) =>
        _outputHasColour ? Yellow + prefix + message + Reset : prefix + message;

    private bool TryWrite(string value)
    {
        try
        {
            _output.Write(GetOutputString(value, _outputHasColour));
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // The console's own stream hides that the reader of a pipe has gone (EPIPE), so that a script would write on for ever; a file
    // stream tells. For a file it is the other way round: a file stream would write at a position of its own, over what children append.
    private static TextWriter OpenOutput()
    {
        if (!Console.IsOutputRedirected)
        {
            return Console.Out;
        }

        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return stream.CanSeek
            ? Console.Out
            : new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
    }
}
