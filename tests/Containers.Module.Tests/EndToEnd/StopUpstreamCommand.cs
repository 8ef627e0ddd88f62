using System.Management.Automation;

namespace Containers.Module.Tests.EndToEnd;

/// <summary>Takes the first objects and closes the pipeline, as <c>Select-Object -First</c> does; that one is not in the hosted engine.</summary>
[Cmdlet(VerbsCommon.Select, "First")]
public sealed class StopUpstreamCommand : PSCmdlet
{
    private int _taken;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public int Count { get; set; } = 1;

    protected override void ProcessRecord()
    {
        WriteObject(InputObject);
        if (++_taken >= Count)
        {
            // What Select-Object throws; its class is internal to PowerShell.
            var type = typeof(PSCmdlet).Assembly.GetType("System.Management.Automation.StopUpstreamCommandsException", throwOnError: true)!;
            throw (Exception)Activator.CreateInstance(
                type,
                System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic,
                binder: null,
                [this],
                culture: null)!;
        }
    }
}
