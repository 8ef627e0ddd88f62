using System.Globalization;
using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine.Logs;
using Containers.Engine.Runtime;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Reads what containers have written to standard output and standard error. [docker logs]</summary>
/// <remarks>
/// Writes one object for each line, with its time, its stream and its text; the view shows the text alone. -Raw writes plain
/// strings. With -Follow the lines come as they are written, until the container ends or Ctrl-C.
/// </remarks>
[Cmdlet(VerbsCommon.Get, "ContainerLog")]
[OutputType(typeof(ContainerLogRecord), typeof(string))]
public sealed class GetContainerLogCommand : ContainerCommand
{
    /// <summary>The containers: names, ids, beginnings of ids, wildcards, or objects of Get-Container.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [SupportsWildcards]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Goes on with what is written until the container ends. One container at a time.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>Only the last so many lines; with -Follow, those and what comes after.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? Tail { get; set; }

    /// <summary>Nothing older than this: a date, or how long ago ('10m', a TimeSpan, a number of seconds).</summary>
    [Parameter]
    [InstantArgument]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Nothing newer than this: a date, or how long ago ('10m', a TimeSpan, a number of seconds).</summary>
    [Parameter]
    [InstantArgument]
    public DateTimeOffset? Until { get; set; }

    /// <summary>Writes the text as plain strings instead of objects.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>Writes plain strings that begin with the time, in UTC as docker has it.</summary>
    [Parameter]
    public SwitchParameter Timestamps { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var containers = FindContainers(Name);
        if (Follow && containers.Count > 1)
        {
            Refuse("FollowOneContainer", $"-Follow reads one container at a time, and {containers.Count} were named.", Name);
        }

        var engine = OpenEngine();
        var query = new LogQuery { Follow = Follow, Tail = Tail, Since = Since, Until = Until };
        foreach (var container in containers)
        {
            Attempt(EngineErrors.Container, container.Name, () =>
            {
                foreach (var record in engine.ReadLog(container.Id, query, StopToken))
                {
                    WriteObject(Shape(record, container));
                }
            });
        }
    }

    private object Shape(LogRecord record, ContainerSnapshot container)
    {
        var mapped = record.ToLogRecord(container);
        if (Timestamps)
        {
            return $"{mapped.Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture)} {mapped.Text}";
        }

        return Raw ? mapped.Text : mapped;
    }
}
