using System.Globalization;
using System.Management.Automation;
using Containers.Arguments;
using Containers.Engine.Logs;
using Containers.Engine.Runtime;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Reads what containers have written to standard output and standard error. [docker logs]</summary>
/// <remarks>
/// Writes one object for each line, with its time, its stream and its text; the view shows the text alone. -Raw writes plain
/// strings, of both streams. With -Follow the lines come as they are written, across rotations of the log, until the container ends (as for
/// docker) or Ctrl-C; with -Wait also over its restarts. The logs of several containers are merged by time, each line shown with its container's name.
/// </remarks>
[Cmdlet(VerbsCommon.Get, "ContainerLog")]
[Alias("Logs-Container")]
[OutputType(typeof(ContainerLogRecord), typeof(string))]
public sealed class GetContainerLogCommand : ContainerSelectionCommand
{
    private readonly List<ContainerSnapshot> _containers = [];

    /// <summary>Goes on with what is written until the container ends; of several, until all have ended.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>As -Follow, and goes on after the container's end with what it writes when it is started again, until it is removed.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>Only the last so many lines of each container; with -Follow, those and what comes after.</summary>
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
        foreach (var container in FindContainers(Name))
        {
            if (_containers.TrueForAll(known => known.Id != container.Id))
            {
                _containers.Add(container);
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_containers.Count == 0)
        {
            return;
        }

        var engine = OpenEngine();
        var query = new LogQuery { Follow = Follow || Wait, OverRestarts = Wait, Tail = Tail, Since = Since, Until = Until };
        Attempt(EngineErrors.Container, string.Join(", ", _containers.Select(static container => container.Name)), () =>
        {
            foreach (var (index, record) in engine.ReadLogs([.. _containers.Select(static container => container.Id)], query, StopToken))
            {
                WriteObject(Shape(record, _containers[index]));
            }
        });
    }

    private object Shape(LogRecord record, ContainerSnapshot container)
    {
        var mapped = record.ToLogRecord(container);
        if (Raw || Timestamps)
        {
            var name = _containers.Count > 1 ? $"{container.Name} | " : "";
            var time = Timestamps ? mapped.Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ ", CultureInfo.InvariantCulture) : "";
            return name + time + mapped.Text;
        }

        if (_containers.Count == 1)
        {
            return mapped;
        }

        // The view of this type name shows the container's name, too.
        var several = new PSObject(mapped);
        several.TypeNames.Insert(0, typeof(ContainerLogRecord).FullName + "#Several");
        return several;
    }
}
