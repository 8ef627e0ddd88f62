using Containers.Engine;

namespace Containers.Commands;

/// <summary>
/// The engine of this process: opened once, and opened anew when the variables that choose its roots have changed.
/// </summary>
internal static class EngineSession
{
    private static readonly Lock Gate = new();
    private static ContainerEngine? s_engine;
    private static string? s_key;

    /// <summary>The engine for the roots that the environment names now.</summary>
    /// <returns>The engine; never to be disposed by the caller.</returns>
    /// <exception cref="EngineException">The configuration is wrong, or a root cannot be made.</exception>
    public static ContainerEngine Current()
    {
        var key = Environment.GetEnvironmentVariable("CONTAINERS_CONFIG") + "\n" + Environment.GetEnvironmentVariable("CONTAINERS_ROOT");
        lock (Gate)
        {
            if (s_engine is null || key != s_key)
            {
                // The one before is not disposed: a pipeline of another runspace may be at work with it. Its descriptors are
                // safe handles, closed once nothing refers to it.
                s_engine = ContainerEngine.Open();
                s_key = key;
            }

            return s_engine;
        }
    }
}
