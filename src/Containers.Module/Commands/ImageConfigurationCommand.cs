using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine.Images;

namespace Containers.Commands;

/// <summary>What the cmdlets share that say what containers of an image run.</summary>
public abstract class ImageConfigurationCommand : ContainerCommand
{
    /// <summary>The program that containers of the image run by default, before -Cmd; '' for none.</summary>
    [Parameter]
    [EntrypointArgument]
    public string[]? Entrypoint { get; set; }

    /// <summary>The default arguments of the entry point, or the default program with its arguments: sh, -c, 'echo hello'.</summary>
    [Parameter]
    [CommandArgument]
    public string[]? Cmd { get; set; }

    /// <summary>Variables that containers of the image have: 'KEY=VALUE' texts, a hashtable, or both.</summary>
    [Parameter]
    [EnvironmentArgument]
    public IDictionary<string, string>? Env { get; set; }

    /// <summary>The user that containers of the image run as, and a group after a colon.</summary>
    [Parameter]
    [UserArgument]
    public string? User { get; set; }

    /// <summary>The folder that containers of the image start in: an absolute path.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>The image's labels: 'KEY=VALUE' texts, a hashtable, or both.</summary>
    [Parameter]
    [LabelArgument]
    public IDictionary<string, string>? Label { get; set; }

    /// <summary>The signal that asks containers of the image to end, by name or number.</summary>
    [Parameter]
    [SignalArgument]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public Signal? StopSignal { get; set; }

    /// <summary>What the configuration is to say.</summary>
    private protected virtual ImageChanges Changes() => new()
    {
        Entrypoint = Entrypoint,
        Cmd = Cmd,
        Env = Copy(Env),
        User = User,
        WorkingDir = WorkingDirectory,
        StopSignal = StopSignal?.Name,
        Labels = Copy(Label),
    };

    private static Dictionary<string, string> Copy(IDictionary<string, string>? pairs) =>
        new(pairs ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal);
}
