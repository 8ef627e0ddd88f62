using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace Containers.Shell;

/// <summary>
/// The two things a host like pwsh does that the engine's public surface has no way for. The engine is built into this
/// program in one version, so that a member that is missing shows in the tests and not at a user.
/// </summary>
internal static class EngineInternals
{
    private const BindingFlags Internal = BindingFlags.Instance | BindingFlags.NonPublic;

    private static readonly PropertyInfo ExecutionContext = Find(typeof(Runspace), "ExecutionContext");
    private static readonly PropertyInfo WriteStream = Find(typeof(PSObject), "WriteStream");

    /// <summary>Makes <c>exit</c> in a script file end the session, as it does in the script of <c>pwsh -File</c>.</summary>
    /// <param name="runspace">An open runspace.</param>
    public static void LetExitEndTheSession(Runspace runspace)
    {
        var context = ExecutionContext.GetValue(runspace) ?? throw new InvalidOperationException("The runspace is not open.");
        Find(context.GetType(), "ScriptCommandProcessorShouldRethrowExit").SetValue(context, value: true);
    }

    /// <summary>Marks an object so that Out-Default shows it on the host's error line.</summary>
    /// <param name="error">An error record.</param>
    /// <returns>The marked object.</returns>
    public static PSObject ShownAsError(ErrorRecord error)
    {
        var shown = PSObject.AsPSObject(error);
        WriteStream.SetValue(shown, Enum.Parse(WriteStream.PropertyType, "Error"));
        return shown;
    }

    private static PropertyInfo Find(Type type, string name) =>
        type.GetProperty(name, Internal) ?? throw new MissingMemberException(type.FullName, name);
}
