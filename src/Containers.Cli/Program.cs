using System.Reflection;
using Containers.Engine;
using Containers.Engine.Runtime;

namespace Containers.Cli;

/// <summary>
/// <c>containers finish ID</c>: what a monitor becomes at its container's end, to remove it where no session is there, or to start it again.
/// <c>containers start</c>, <c>containers stop</c>: what is done with the machine's start and end. <c>containers version</c>. Exit code 0, 1 for a failure (told on standard error), 64 for wrong usage.
/// </summary>
internal static class Program
{
    private const int Failure = 1, WrongUsage = 64;

    private const string Usage = """
        usage: containers start         start the containers that are to run after the machine's start, as their restart policies say
               containers stop          stop all containers, as before the machine's end
               containers finish ID     release what an ended container held, or start it again; run by the engine itself
               containers version       show the version

        Containers are driven from PowerShell: Import-Module Containers, then Get-Help about_Containers.
        """;

    private static int Main(string[] arguments)
    {
        try
        {
            switch (arguments)
            {
                case ["version"]:
                    Console.Out.WriteLine(Version());
                    return 0;
                case ["finish", { Length: 64 } id] when id.All(char.IsAsciiHexDigitLower):
                    using (var engine = ContainerEngine.Open())
                    {
                        engine.Finish(id);
                    }

                    return 0;
                case ["start"]:
                    return ForAll(static (engine, failed) => engine.StartAllByPolicy(failed));
                case ["stop"]:
                    return ForAll(static (engine, failed) => engine.StopAll(failed));
                default:
                    Console.Error.WriteLine(Usage);
                    return WrongUsage;
            }
        }
        catch (Exception e) when (e is EngineException or IOException)
        {
            Console.Error.WriteLine($"containers: {e.Message}");
            return Failure;
        }
    }

    private static int ForAll(Action<ContainerEngine, Action<ContainerSnapshot, EngineException>> work)
    {
        int result = 0;
        using var engine = ContainerEngine.Open();
        work(engine, (container, failure) =>
        {
            Console.Error.WriteLine($"containers: {container.Name}: {failure.Message}");
            result = Failure;
        });
        return result;
    }

    private static string Version() =>
        typeof(ContainerEngine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
