using System.Collections;
using System.Management.Automation;
using Containers.Arguments;
using Containers.Engine;
using Containers.Engine.Namespaces;
using Containers.Errors;
using Containers.Foreground;

namespace Containers.Commands;

/// <summary>What the cmdlets that go into namespaces have in common.</summary>
public abstract class NamespaceEntryCommand : ContainerCommand
{
    /// <summary>The kinds that are meant; without it, all that are other ones than this session's.</summary>
    [Parameter]
    [NamespaceTypeArgument]
    [ValidateNotNullOrEmpty]
    public NamespaceType[]? Type { get; set; }

    /// <summary>User, and group after a colon, as names of the files there or as numbers. Without it, this session's; in another user namespace root.</summary>
    [Parameter]
    [UserArgument]
    public string? User { get; set; }

    /// <summary>The command's current folder. Without it, this session's location; in another mount namespace /.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>Variables besides this session's: a hashtable, NAME=VALUE, or the name alone for this session's value.</summary>
    [Parameter]
    [Alias("e")]
    [EnvironmentArgument]
    public IDictionary<string, string>? Env { get; set; }

    private protected abstract IReadOnlyList<string> Meant { get; }

    private protected IReadOnlyList<NamespaceTarget> Targets => [.. Meant.Select(NamespaceTarget.Parse)];

    private protected string Place => string.Join(", ", Meant);

    private protected void Prepare(string name, ForegroundUsage usage) => Foreground = new ForegroundCommand(
        this, failure => EngineErrors.Record(failure, EngineErrors.Namespace, Place), name, usage, DetachKeys.Default);

    /// <summary>Starts a command.</summary>
    private protected Engine.Runtime.ForegroundProcess Execute(string[] command, bool hasTerminal, bool withInput)
    {
        var engine = OpenEngine();
        var types = Type.ToEngine();
        var folder = WorkingDirectory
            ?? (engine.FindNamespaces(Targets, types).Contains(Engine.Namespaces.NamespaceType.Mount) ? "/" : SessionState.Path.CurrentFileSystemLocation.ProviderPath);
        return engine.ExecuteInNamespaces(
            Targets,
            types,
            new NamespaceCommandOptions
            {
                Command = command,
                Environment = Variables(),
                User = User,
                WorkingDirectory = folder,
                Tty = hasTerminal,
                TerminalSize = hasTerminal ? SessionConsole.Size : null,
            },
            withInput,
            StopToken);
    }

    private List<string> Variables()
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            all[(string)variable.Key] = (string?)variable.Value ?? "";
        }

        foreach (var (key, value) in Env ?? new Dictionary<string, string>())
        {
            all[key] = value;
        }

        return [.. all.Select(static pair => $"{pair.Key}={pair.Value}")];
    }
}
