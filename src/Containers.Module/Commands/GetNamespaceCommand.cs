using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine.Namespaces;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Gets the namespaces of this machine. [lsns, ip netns list]</summary>
/// <remarks>
/// <para>
/// Shown are the namespaces that processes are in, those that are mounted somewhere in this session's mount namespace (as New-Namespace and ip netns do), and the ancestors of
/// pid and user namespaces. A namespace that a program keeps by an open descriptor alone is not found. Objects of the same namespace are equal.
/// </para>
/// <para>
/// Several filters must all hold. With -Tree, pid and user namespaces stand below their parents.
/// </para>
/// </remarks>
[Cmdlet(VerbsCommon.Get, "Namespace")]
[OutputType(typeof(Namespace))]
public sealed class GetNamespaceCommand : ContainerCommand
{
    /// <summary>The kinds; all without it. The kernel's short names (mnt, net) are taken too.</summary>
    [Parameter(Position = 0)]
    [NamespaceTypeArgument]
    [ValidateNotNullOrEmpty]
    public NamespaceType[]? Type { get; set; }

    /// <summary>Those that New-Namespace pinned by these names. Wildcards are allowed; * is every name.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NamespaceNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Those that these processes are in.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Pid")]
    [ValidateNotNullOrEmpty]
    public int[]? ProcessId { get; set; }

    /// <summary>Those that belong to these running containers: names, ids, or objects of Get-Container.</summary>
    [Parameter(ValueFromPipeline = true)]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Container { get; set; }

    /// <summary>Those of these numbers.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public ulong[]? Id { get; set; }

    /// <summary>Puts pid and user namespaces below their parents.</summary>
    [Parameter]
    public SwitchParameter Tree { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        HashSet<string>? containers = Container is null ? null : [.. FindRunningContainers(Container).Select(static one => one.Id)];
        Attempt(EngineErrors.Namespace, "namespaces", () =>
        {
            List<NamespaceInfo> found = [.. OpenEngine().ListNamespaces(Type.ToEngine()).Where(one => IsAsked(one, containers))];
            RefuseMissing(found);
            foreach (var (one, depth) in Tree ? InTree(found) : found.Select(static one => (one, 0)))
            {
                WriteObject(one.ToNamespace(depth));
            }
        });
    }

    private bool IsAsked(NamespaceInfo one, HashSet<string>? containers) =>
        (Id is null || Id.Contains(one.Id))
        && (ProcessId is null || ProcessId.Any(pid => one.ProcessIds.Contains(pid)))
        && (containers is null || (one.ContainerId is { } id && containers.Contains(id)))
        && (Name is null || (one.Name is { } name && Name.Any(pattern => new WildcardPattern(pattern, WildcardOptions.CultureInvariant).IsMatch(name))));

    private void RefuseMissing(List<NamespaceInfo> found)
    {
        foreach (var pid in (ProcessId ?? []).Where(pid => !found.Any(one => one.ProcessIds.Contains(pid)) && !Directory.Exists($"/proc/{pid}")))
        {
            WriteError(EngineErrors.Usage("NamespaceProcessNotFound", $"There is no process of the number {pid}.", pid, ErrorCategory.ObjectNotFound));
        }

        foreach (var name in (Name ?? []).Where(name => !WildcardPattern.ContainsWildcardCharacters(name) && !found.Exists(one => one.Name == name)))
        {
            WriteError(EngineErrors.Usage("NamespaceNotFound", $"There are no namespaces of the name '{name}' (of those kinds). Get-Namespace -Name * lists those that New-Namespace made.", name, ErrorCategory.ObjectNotFound));
        }

        foreach (var id in (Id ?? []).Where(id => !found.Exists(one => one.Id == id)))
        {
            WriteError(EngineErrors.Usage("NamespaceNotFound", $"There is no namespace of the number {id} (of those kinds).", id, ErrorCategory.ObjectNotFound));
        }
    }

    /// <summary>Parents before their children, which come by number.</summary>
    private static IEnumerable<(NamespaceInfo One, int Depth)> InTree(List<NamespaceInfo> found)
    {
        var children = found.ToLookup(one => (one.Type, Parent: found.Exists(other => other.Type == one.Type && other.Id == one.ParentId) ? one.ParentId : null));
        return found.Select(static one => one.Type).Distinct().SelectMany(type => Below(type, null, 0));

        IEnumerable<(NamespaceInfo, int)> Below(Engine.Namespaces.NamespaceType type, ulong? parent, int depth) =>
            children[(type, parent)].SelectMany(one => Below(type, one.Id, depth + 1).Prepend((one, depth)));
    }
}
