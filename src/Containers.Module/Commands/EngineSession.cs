using Containers.Engine;
using Containers.Engine.Configuration;
using Containers.Interop;

namespace Containers.Commands;

/// <summary>
/// The engine of this process: opened once, and opened anew when the variables that choose its roots or its configuration file have changed.
/// </summary>
internal static class EngineSession
{
    private static readonly Lock Gate = new();
    private static ContainerEngine? s_engine;
    private static string? s_key;
    private static FileStatus s_configuration;

    /// <summary>The engine for the roots that the environment names now.</summary>
    /// <returns>The engine; never to be disposed by the caller.</returns>
    /// <exception cref="EngineException">The configuration is wrong, or a root cannot be made.</exception>
    public static ContainerEngine Current()
    {
        var key = Environment.GetEnvironmentVariable("CONTAINERS_CONFIG") + "\n" + Environment.GetEnvironmentVariable("CONTAINERS_ROOT");
        _ = Files.TryStat(Files.CurrentFolder, ConfigurationFile.PathInForce(), follow: true, out var configuration);
        lock (Gate)
        {
            if (s_engine is null || key != s_key || configuration != s_configuration)
            {
                // The one before is not disposed: a pipeline of another runspace may be at work with it. Its descriptors are
                // safe handles, closed once nothing refers to it.
                s_engine = ContainerEngine.Open();
                (s_key, s_configuration) = (key, configuration);
            }

            return s_engine;
        }
    }
}
