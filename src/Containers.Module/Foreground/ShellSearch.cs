using Containers.Engine;
using Containers.Engine.Runtime;

namespace Containers.Foreground;

/// <summary>The shell that is opened where no command is named: bash where it is, else sh.</summary>
internal static class ShellSearch
{
    private static readonly string[][] Shells = [["bash"], ["sh"]];

    /// <summary>Starts a command, or the first shell that is there.</summary>
    /// <param name="command">The command; null or empty for a shell.</param>
    /// <param name="start">Starts one.</param>
    /// <returns>What was started.</returns>
    public static ForegroundProcess Start(string[]? command, Func<string[], ForegroundProcess> start)
    {
        var candidates = command is { Length: > 0 } ? [command] : Shells;
        for (var i = 0; ; i++)
        {
            try
            {
                return start(candidates[i]);
            }
            catch (EngineException e) when (e.Reason == EngineErrorReason.CommandNotFound && i + 1 < candidates.Length)
            {
                // The next one, then.
            }
        }
    }
}
