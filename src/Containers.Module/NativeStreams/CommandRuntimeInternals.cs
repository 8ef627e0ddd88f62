using System.Management.Automation;
using System.Reflection;

namespace Containers.Module.NativeStreams;

/// <summary>
/// What PowerShell's own NativeCommandProcessor does to its pipeline and a cmdlet cannot do by the public surface, bound by
/// reflection to <c>MshCommandRuntime</c> (seen in 7.4 to 7.7). Where a member is missing, the part that needs it is left out
/// or replaced by the nearest public one; nothing fails.
/// </summary>
internal sealed class CommandRuntimeInternals
{
    private const BindingFlags Internal = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;
    private const string WriteErrorName = "_WriteErrorSkipAllowCheck";

    private static readonly Type[] WriteErrorParameters = [typeof(ErrorRecord), typeof(ActionPreference?), typeof(bool)];

    private static readonly ConstructorInfo? ExitException = typeof(PSCmdlet).Assembly
        .GetType("System.Management.Automation.NativeCommandExitException")
        ?.GetConstructor(Internal, [typeof(string), typeof(int), typeof(int), typeof(string), typeof(string)]);

    private readonly PSCmdlet _cmdlet;
    private readonly object _runtime;
    private readonly MethodInfo? _writeError;

    private CommandRuntimeInternals(PSCmdlet cmdlet)
    {
        _cmdlet = cmdlet;
        _runtime = cmdlet.CommandRuntime;
        _writeError = _runtime.GetType().GetMethod(WriteErrorName, Internal, WriteErrorParameters);
    }

    /// <summary>Whether an error line can go to the error stream without being an error.</summary>
    public bool CanWriteNativeError => _writeError is not null;

    /// <summary>
    /// Whether the cmdlet's error stream goes unredirected to the host: the test by which PowerShell lets a native command
    /// keep the terminal (NativeCommandProcessor.CalculateIORedirection).
    /// </summary>
    public bool ErrorStreamIsShown =>
        Get(_runtime, "ErrorMergeTo")?.ToString() == "None" &&
        Get(Get(Get(_runtime, "ErrorOutputPipe"), "DownstreamCmdlet"), "CommandInfo") is CommandInfo { Name: var name } &&
        name.Equals("Out-Default", StringComparison.OrdinalIgnoreCase);

    /// <summary>Binds the runtime of a running cmdlet.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    /// <returns>Its runtime's internals, as far as they are there.</returns>
    public static CommandRuntimeInternals Of(PSCmdlet cmdlet) => new(cmdlet);

    /// <summary>Makes the exception that PowerShell has for a failed native command.</summary>
    /// <param name="path">The command.</param>
    /// <param name="code">Its exit code.</param>
    /// <param name="message">A sentence for the user.</param>
    /// <param name="errorId">The error id.</param>
    /// <returns>A NativeCommandExitException, or where that is missing its base.</returns>
    public static RuntimeException CreateExitException(string path, int code, string message, string errorId)
    {
        // No pid: the command's is one of the container's.
        const int ProcessId = 0;
        return ExitException?.Invoke([path, code, ProcessId, message, errorId]) as RuntimeException ?? new RuntimeException(message);
    }

    /// <summary>Writes a line of a command's standard error to the error stream. <see cref="CanWriteNativeError"/> must be true.</summary>
    /// <param name="record">The line, as a record.</param>
    public void WriteNativeError(ErrorRecord record) => Call(record, isFromNativeStandardError: true);

    /// <summary>Writes an error as PowerShell does for a native command: without the cmdlet's name and place.</summary>
    /// <param name="record">The error.</param>
    public void WriteError(ErrorRecord record)
    {
        if (CanWriteNativeError)
        {
            Call(record, isFromNativeStandardError: false);
        }
        else
        {
            _cmdlet.WriteError(record);
        }
    }

    /// <summary>Makes <c>$?</c> false once the pipeline has ended.</summary>
    public void MarkFailed()
    {
        if (Get(_runtime, "PipelineProcessor") is { } pipeline)
        {
            pipeline.GetType().GetProperty("ExecutionFailed", Internal)?.SetValue(pipeline, value: true);
        }
    }

    private void Call(ErrorRecord record, bool isFromNativeStandardError) =>
        _writeError!.Invoke(
            _runtime, BindingFlags.DoNotWrapExceptions, binder: null, [record, null, isFromNativeStandardError], culture: null);

    private static object? Get(object? instance, string property) =>
        instance?.GetType().GetProperty(property, Internal)?.GetValue(instance);
}
