using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Measures what running containers use of processors, memory, network and disks. [docker stats]</summary>
/// <remarks>
/// Writes one object for each container, measured over half a second; with -Continuous one each second, until Ctrl-C or until none of the containers runs any more. Numbers
/// are raw in the properties. CpuPercent is of one processor: two busy ones are 200. Memory is without file cache that can be dropped at once, as docker has it. What no
/// controller of this machine counts is null.
/// </remarks>
[Cmdlet(VerbsDiagnostic.Measure, "Container")]
[Alias("Stats-Container")]
[OutputType(typeof(ContainerUsage))]
public sealed class MeasureContainerCommand : ContainerCommand
{
    private static readonly TimeSpan Once = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);

    private readonly List<string> _names = [];

    /// <summary>The containers: names, ids, beginnings of ids, wildcards, or objects of Get-Container. Without it, all that are running.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [SupportsWildcards]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Goes on measuring until Ctrl-C, or until none of the containers runs any more. Without -Name, containers that are started meanwhile come in.</summary>
    [Parameter]
    public SwitchParameter Continuous { get; set; }

    /// <summary>The time between two measurements: '500ms', a number of seconds, or a TimeSpan. Without it half a second, with -Continuous a whole one.</summary>
    [Parameter]
    [DurationArgument]
    public TimeSpan? Interval { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _names.AddRange(Name ?? []);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Name is null && MyInvocation.ExpectingInput)
        {
            // The pipeline gave no container, which does not mean all.
            return;
        }

        var engine = OpenEngine();
        var meter = engine.OpenMeter();
        var interval = Interval ?? (Continuous ? TimeSpan.FromSeconds(1) : Once);
        interval = interval < Shortest ? Shortest : interval;
        string[] ids = [.. FindRunningContainers(Name is null ? null : _names).Select(static container => container.Id)];
        Attempt(EngineErrors.Container, "*", () =>
        {
            var last = meter.Read(ids);
            while (last.Count > 0 && !StopToken.IsCancellationRequested)
            {
                if (StopToken.WaitHandle.WaitOne(interval))
                {
                    return;
                }

                if (Name is null && Continuous)
                {
                    ids = [.. FindRunningContainers(null).Select(static container => container.Id)];
                }

                last = meter.Read(ids);
                foreach (var usage in last)
                {
                    WriteObject(usage.ToContainerUsage());
                }

                if (!Continuous)
                {
                    return;
                }
            }
        });
    }
}
