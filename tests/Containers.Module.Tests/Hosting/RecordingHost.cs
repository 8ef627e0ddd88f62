using System.Globalization;
using System.Management.Automation.Host;

namespace Containers.Module.Tests.Hosting;

/// <summary>A host that keeps what PowerShell shows, line by line, on a terminal 120 columns wide.</summary>
internal sealed class RecordingHost : PSHost
{
    public const int Width = 120;

    private readonly RecordingUserInterface _ui = new();

    public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.InvariantCulture;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override string Name => "RecordingHost";

    public override PSHostUserInterface UI => _ui;

    public RecordingUserInterface Recorded => _ui;

    public override Version Version { get; } = new(1, 0);

    public int? ExitCode { get; private set; }

    public override void EnterNestedPrompt() => throw new NotSupportedException("nested prompt");

    public override void ExitNestedPrompt() => throw new NotSupportedException("nested prompt");

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;
}
