using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Removes namespaces that New-Namespace made. [ip netns delete]</summary>
/// <remarks>
/// All that were made under a name go together. Processes in them go on, and their namespaces with them; but a pid namespace ends with all its processes, for which -Force is
/// asked where there are any.
/// </remarks>
[Cmdlet(VerbsCommon.Remove, "Namespace", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(void))]
public sealed class RemoveNamespaceCommand : ContainerCommand
{
    private readonly HashSet<string> _done = new(StringComparer.Ordinal);

    /// <summary>Their names, or objects of Get-Namespace and New-Namespace. Wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [NamespaceNameArgument]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NamespaceNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Kills the processes of a pid namespace.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var name in Name.SelectMany(Matches).Where(_done.Add).ToList())
        {
            if (ShouldProcess(name, "Remove the namespaces"))
            {
                Attempt(EngineErrors.Namespace, name, () => engine.RemoveNamespaces(name, Force, StopToken));
            }
        }

        IEnumerable<string> Matches(string name) => !WildcardPattern.ContainsWildcardCharacters(name) ? [name]
            : engine.ListNamespaceNames().Select(static one => one.Name).Where(new WildcardPattern(name, WildcardOptions.CultureInvariant).IsMatch);
    }
}
