using System.Management.Automation;
using Containers.Arguments;

namespace Containers.Commands;

/// <summary>The variables that a cmdlet gives to a command: those of its files, and over them its own.</summary>
internal static class CommandVariables
{
    /// <summary>Reads the files; one that cannot be read, or is wrong, ends the cmdlet.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    /// <param name="own">The variables given by themselves, or null.</param>
    /// <param name="files">Files as the user wrote them; later ones win.</param>
    /// <returns>The variables.</returns>
    public static Dictionary<string, string> Collect(PSCmdlet cmdlet, IDictionary<string, string>? own, IEnumerable<string> files)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var path = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(file);
            try
            {
                EnvironmentFile.Read(path, variables);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                cmdlet.ThrowTerminatingError(new ErrorRecord(
                    new IOException($"The file of variables '{path}' cannot be read: {e.Message}", e), "EnvFileNotReadable", ErrorCategory.ReadError, file));
            }
            catch (FormatException e)
            {
                cmdlet.ThrowTerminatingError(new ErrorRecord(e, "EnvFileInvalid", ErrorCategory.InvalidData, file));
            }
        }

        foreach (var (key, value) in own ?? new Dictionary<string, string>())
        {
            variables[key] = value;
        }

        return variables;
    }
}
