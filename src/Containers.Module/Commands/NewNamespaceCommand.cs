using System.Management.Automation;
using Containers.Arguments;
using Containers.Engine.Namespaces;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Makes namespaces that last until they are removed. [unshare, ip netns add]</summary>
/// <remarks>
/// <para>
/// They are pinned by mounts in the engine's runtime folder, under one name, so that they are there without any process. A pid namespace lasts as long as its first process:
/// a small one of the engine holds it, and reaps what is orphaned in it. A network namespace has its loopback interface up. With Mount and Pid together, /proc shows the
/// processes of the new pid namespace.
/// </para>
/// <para>
/// A user namespace without a map has one user and one group: root inside is who runs this session. They are gone after a reboot.
/// </para>
/// </remarks>
/// <seealso cref="InvokeNamespaceCommand"/>
[Cmdlet(VerbsCommon.New, "Namespace", SupportsShouldProcess = true)]
[OutputType(typeof(Namespace))]
public sealed class NewNamespaceCommand : ContainerCommand
{
    /// <summary>The kinds, made together. The kernel's short names (mnt, net) are taken too.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [NamespaceTypeArgument]
    [ValidateNotNullOrEmpty]
    public NamespaceType[] Type { get; set; } = [];

    /// <summary>Their name: letters, digits, _, . and -. Without it, twelve random digits.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Ranges of user ids of a user namespace, as INSIDE:OUTSIDE:COUNT. Without -GidMap the groups have the same.</summary>
    [Parameter]
    [IdMapArgument]
    [ValidateNotNullOrEmpty]
    public NamespaceIdMap[] UidMap { get; set; } = [];

    /// <summary>Ranges of group ids of a user namespace, as INSIDE:OUTSIDE:COUNT.</summary>
    [Parameter]
    [IdMapArgument]
    [ValidateNotNullOrEmpty]
    public NamespaceIdMap[] GidMap { get; set; } = [];

    /// <summary>The host name of a UTS namespace; without it, this session's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? HostName { get; set; }

    /// <summary>How far CLOCK_MONOTONIC of a time namespace is ahead of this machine's; negative for behind, not below zero in sum.</summary>
    [Parameter]
    [DurationArgument(MostDays = 36500, CanBeNegative = true)]
    public TimeSpan MonotonicOffset { get; set; }

    /// <summary>The same for CLOCK_BOOTTIME, which is what uptime shows.</summary>
    [Parameter]
    [DurationArgument(MostDays = 36500, CanBeNegative = true)]
    public TimeSpan BootTimeOffset { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!ShouldProcess(Name ?? "a random name", $"Make the namespaces {string.Join(", ", Type)}"))
        {
            return;
        }

        Attempt(EngineErrors.Namespace, Name ?? "namespaces", () =>
        {
            var engine = OpenEngine();
            var name = engine.CreateNamespaces(
                new NamespaceOptions
                {
                    Name = Name,
                    Types = [.. Type.ToEngine()],
                    UserMap = Ranges(UidMap),
                    GroupMap = Ranges(GidMap),
                    HostName = HostName,
                    MonotonicOffset = MonotonicOffset,
                    BootTimeOffset = BootTimeOffset,
                },
                StopToken);
            foreach (var one in engine.ListNamespaces(Type.ToEngine()).Where(one => one.Name == name))
            {
                WriteObject(one.ToNamespace());
            }
        });
    }

    private static List<IdRange> Ranges(NamespaceIdMap[] maps) => [.. maps.Select(static map => new IdRange(map.Inside, map.Outside, map.Count))];
}
