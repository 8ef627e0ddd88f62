using System.Management.Automation;
using Containers.Arguments;
using Containers.Engine;
using Containers.Engine.Cgroups;

namespace Containers.Commands;

/// <summary>Measures what cgroups use of processors, memory and disks, and how their processes wait. [systemd-cgtop]</summary>
/// <remarks>
/// One object for each cgroup, with rates over half a second; with -Continuous one each second, until Ctrl-C or until none of them is there any more. Pressure (PSI) is of v2.
/// Null is what no controller of this machine counts.
/// </remarks>
[Cmdlet(VerbsDiagnostic.Measure, "Cgroup", DefaultParameterSetName = "Path")]
[OutputType(typeof(CgroupUsage))]
public sealed class MeasureCgroupCommand : CgroupTargetCommand
{
    private static readonly TimeSpan Once = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);

    private readonly List<CgroupSnapshot> _cgroups = [];

    /// <summary>Goes on measuring.</summary>
    [Parameter]
    public SwitchParameter Continuous { get; set; }

    /// <summary>The time between two measurements: '500ms', a number of seconds, or a TimeSpan. Without it half a second, with -Continuous a whole one.</summary>
    [Parameter]
    [DurationArgument]
    public TimeSpan? Interval { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Each(_cgroups.Add);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var interval = Interval ?? (Continuous ? TimeSpan.FromSeconds(1) : Once);
        interval = interval < Shortest ? Shortest : interval;
        var last = Measure();
        while (last.Count > 0 && !StopToken.WaitHandle.WaitOne(interval))
        {
            var now = Measure();
            foreach (var (cgroup, measured) in now)
            {
                if (last.TryGetValue(cgroup, out var before))
                {
                    WriteObject(measured.ToUsage(before, cgroup.Path));
                }
            }

            if (!Continuous)
            {
                return;
            }

            last = now;
        }
    }

    private Dictionary<CgroupSnapshot, CgroupMeasurement> Measure()
    {
        var all = new Dictionary<CgroupSnapshot, CgroupMeasurement>(ReferenceEqualityComparer.Instance);
        foreach (var cgroup in _cgroups)
        {
            try
            {
                all[cgroup] = Control.Measure(cgroup);
            }
            catch (EngineException e) when (e.Reason == EngineErrorReason.NotFound)
            {
                // It was removed meanwhile.
            }
        }

        return all;
    }
}
