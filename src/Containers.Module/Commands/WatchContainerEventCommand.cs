using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine.Events;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Shows what happens to containers and images, in whatever session, as it happens. [docker events]</summary>
/// <remarks>
/// Goes on until Ctrl-C, or until the moment of -Until. Without -Since and -Until only what happens from now on is shown; with -Until alone, all that is kept until then:
/// the last some thousands of events since the machine was started. That a container died is recorded even where no session lives; where its monitor was killed, when it is
/// next started or removed, without an exit code. That the kernel killed processes for memory (oom) is told at the container's end. A container that has become healthy
/// or unhealthy is a health_status, with the attribute healthStatus and, where something is done with it, onFailure.
/// </remarks>
[Cmdlet(VerbsCommon.Watch, "ContainerEvent")]
[Alias("Events-Container")]
[OutputType(typeof(ContainerEvent))]
public sealed class WatchContainerEventCommand : ContainerCommand
{
    private readonly List<string> _containers = [];

    /// <summary>Only what happens to these containers: names, ids, beginnings of ids, wildcards, or objects of Get-Container. They need not be there yet.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "Id")]
    [SupportsWildcards]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Container { get; set; }

    /// <summary>Only what happens to these images, and to containers of them: names with or without a tag, or wildcards.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Image { get; set; }

    /// <summary>Only what is of these actions: create, start, die, oom, health_status, stop, kill, remove, commit, pull, push, load, import, save, tag, untag, ...</summary>
    [Parameter]
    [Alias("Event")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EventCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Action { get; set; }

    /// <summary>Only what happens to containers, or to images.</summary>
    [Parameter]
    [ValidateSet(Engine.Events.ContainerEvent.ContainerType, Engine.Events.ContainerEvent.ImageType)]
    public string? Type { get; set; }

    /// <summary>Only what happens to containers with all of these labels: 'key', or 'key=value'.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Label { get; set; }

    /// <summary>What has happened since then, too: a date, or how long ago ('10m', a TimeSpan, a number of seconds).</summary>
    [Parameter]
    [InstantArgument]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Until when: a date, or how long ago ('10m', a TimeSpan, a number of seconds; 0 is now). Without it until Ctrl-C.</summary>
    [Parameter]
    [InstantArgument]
    public DateTimeOffset? Until { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _containers.AddRange(Container ?? []);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Container is null && MyInvocation.ExpectingInput)
        {
            // The pipeline gave no container, which does not mean all.
            return;
        }

        var engine = OpenEngine();
        var filter = new EventFilter(_containers, Image, Action, Type, Label);
        Attempt(EngineErrors.Engine, "events", () =>
        {
            foreach (var happened in engine.ReadEvents(new EventQuery { Since = Since, Until = Until }, StopToken))
            {
                if (filter.Matches(happened))
                {
                    WriteObject(happened.ToContainerEvent());
                }
            }
        });
    }
}
