using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Text;
using System.Text.RegularExpressions;

namespace Containers.Module.Tests.Hosting;

/// <summary>Keeps every line that PowerShell writes to its host, by stream.</summary>
internal sealed class RecordingUserInterface : PSHostUserInterface
{
    private readonly StringBuilder _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentQueue<string> _warnings = new();
    private readonly ConcurrentQueue<string> _verbose = new();
    private readonly ConcurrentQueue<string> _debug = new();
    private readonly ConcurrentQueue<ProgressRecord> _progress = new();
    private readonly ConcurrentQueue<string> _promptAnswers = new();

    public override PSHostRawUserInterface RawUI { get; } = new FixedSizeRawUserInterface(RecordingHost.Width, 50);

    /// <summary>All that was shown as output, colours taken away.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return StripColours(_output.ToString());
            }
        }
    }

    /// <summary><see cref="Output"/> by lines, without empty ones and without blanks at the ends.</summary>
    public IReadOnlyList<string> OutputLines =>
        [.. Output.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];

    public IReadOnlyList<string> ErrorLines => [.. _errors.Select(StripColours)];

    public IReadOnlyList<string> WarningLines => [.. _warnings];

    public IReadOnlyList<string> VerboseLines => [.. _verbose];

    public IReadOnlyList<string> DebugLines => [.. _debug];

    public IReadOnlyList<ProgressRecord> Progress => [.. _progress];

    /// <summary>What the next choice or line prompt gets for an answer.</summary>
    public void AnswerNextPrompt(string answer) => _promptAnswers.Enqueue(answer);

    public override void Write(string value)
    {
        lock (_output)
        {
            _output.Append(value);
        }
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    public override void WriteLine(string value) => Write(value + "\n");

    public override void WriteErrorLine(string value) => _errors.Enqueue(value);

    public override void WriteWarningLine(string message) => _warnings.Enqueue(message);

    public override void WriteVerboseLine(string message) => _verbose.Enqueue(message);

    public override void WriteDebugLine(string message) => _debug.Enqueue(message);

    public override void WriteProgress(long sourceId, ProgressRecord record) => _progress.Enqueue(record);

    public override string ReadLine() =>
        _promptAnswers.TryDequeue(out var answer) ? answer : throw new NotSupportedException("a prompt that the test did not expect");

    public override SecureString ReadLineAsSecureString() => throw new NotSupportedException("a prompt that the test did not expect");

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) =>
        throw new NotSupportedException($"a prompt that the test did not expect: {caption} {message}");

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        var answer = ReadLine();
        var index = choices.Select((choice, i) => (choice, i)).First(c => c.choice.Label.Replace("&", "", StringComparison.Ordinal) == answer).i;
        return index;
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        throw new NotSupportedException("a prompt that the test did not expect");

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) =>
        throw new NotSupportedException("a prompt that the test did not expect");

    private static string StripColours(string text) =>
        Regex.Replace(text, "\u001b\\[[0-9;]*m", "", RegexOptions.None, TimeSpan.FromSeconds(10));
}
