using System.Management.Automation;
using Containers.Module.NativeStreams;

namespace Containers.Module.Tests.NativeStreams;

/// <summary>Behaves as a native command that writes to both streams and ends with an exit code.</summary>
[Cmdlet("Test", "NativeCommand")]
[OutputType(typeof(string))]
public sealed class NativeCommandCommand : PSCmdlet
{
    [Parameter]
    public string[] Output { get; set; } = [];

    [Parameter]
    public string[] Errors { get; set; } = [];

    [Parameter]
    public int ExitCode { get; set; }

    protected override void EndProcessing()
    {
        var streams = new NativeCommandStreams(this);
        foreach (var line in Errors)
        {
            streams.WriteErrorLine(line);
        }

        foreach (var line in Output)
        {
            WriteObject(line);
        }

        streams.SetExitCode(ExitCode, "test-command");
    }
}
