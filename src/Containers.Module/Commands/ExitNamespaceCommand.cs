using System.Management.Automation;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Takes this session back out of the namespaces that Enter-Namespace took it into.</summary>
/// <remarks>
/// Goes back one step, or with -All to the beginning. Threads that were born inside stay there, and with them what is asynchronous: a warning says how many there are. They
/// end with the session.
/// </remarks>
/// <seealso cref="EnterNamespaceCommand"/>
[Cmdlet(VerbsCommon.Exit, "Namespace", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class ExitNamespaceCommand : ContainerCommand
{
    /// <summary>Leaves all that were entered.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (EnteredNamespaces.Count == 0)
        {
            WriteError(EngineErrors.Usage("NamespaceNotEntered", "This session's thread is in no namespaces that Enter-Namespace took it into.", null, ErrorCategory.InvalidOperation));
            return;
        }

        if (!ShouldProcess("this session", All ? "Leave all namespaces that were entered" : "Leave the namespaces that were entered last"))
        {
            return;
        }

        do
        {
            Attempt(EngineErrors.Namespace, "session", () =>
            {
                var (label, strays) = EnteredNamespaces.Pop();
                if (strays > 0)
                {
                    WriteWarning($"{strays} thread(s) of this session were born in the namespaces of {label} and stay there: what is asynchronous may be on either side.");
                }
            });
        }
        while (All && EnteredNamespaces.Count > 0);
    }
}
