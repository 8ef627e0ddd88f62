using System.Globalization;
using System.Management.Automation.Host;
using System.Reflection;

namespace Containers.Shell;

/// <summary>The host that PowerShell's engine talks to.</summary>
internal sealed class ShellHost : PSHost
{
    /// <inheritdoc/>
    public override string Name => "Containers.Shell";

    /// <inheritdoc/>
    public override Version Version { get; } = Assembly.GetExecutingAssembly().GetName().Version ?? new Version(0, 0);

    /// <inheritdoc/>
    public override Guid InstanceId { get; } = Guid.NewGuid();

    /// <inheritdoc/>
    public override CultureInfo CurrentCulture { get; } = CultureInfo.CurrentCulture;

    /// <inheritdoc/>
    public override CultureInfo CurrentUICulture { get; } = CultureInfo.CurrentUICulture;

    /// <summary>What <c>exit</c> was called with, or null where it was not.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>The standard streams.</summary>
    public ShellUserInterface UserInterface { get; } = new();

    /// <inheritdoc/>
    public override PSHostUserInterface UI => UserInterface;

    /// <inheritdoc/>
    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    /// <inheritdoc/>
    public override void EnterNestedPrompt() => throw NotInteractive("A nested prompt");

    /// <inheritdoc/>
    public override void ExitNestedPrompt() => throw NotInteractive("A nested prompt");

    /// <inheritdoc/>
    public override void NotifyBeginApplication() => UserInterface.EndProgress();

    /// <inheritdoc/>
    public override void NotifyEndApplication()
    {
    }

    /// <summary>The error of what only an interactive shell can do.</summary>
    /// <param name="what">What was asked for, as the beginning of a sentence.</param>
    /// <returns>The error.</returns>
    public static HostException NotInteractive(string what) =>
        new($"{what} needs an interactive shell, and this one runs -Command or -File only.");
}
