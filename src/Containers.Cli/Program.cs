using System.Reflection;
using Containers.Engine;

namespace Containers.Cli;

/// <summary>
/// <c>containers finish ID</c>: what a monitor becomes at its container's end when no session is there to remove it.
/// <c>containers probe ID</c>: what a monitor runs to check its container's health; exit code 1 says that it is not well.
/// <c>containers unhealthy ID PID START</c>: does what is to be done with a container that has become unhealthy in the life of that process.
/// <c>containers version</c>. Exit code 0, 1 for a failure (told on standard error), 64 for wrong usage.
/// </summary>
internal static class Program
{
    private const int Failure = 1, WrongUsage = 64;

    private const string Usage = """
        usage: containers finish ID     release what an ended container held; run by the engine itself
               containers probe ID      check a running container's health; run by the engine itself
               containers unhealthy ID PID START
                                        do what is to be done with an unhealthy container; run by the engine itself
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
                case ["probe", { Length: 64 } id] when id.All(char.IsAsciiHexDigitLower):
                    using (var engine = ContainerEngine.Open())
                    {
                        return engine.Probe(id) ? 0 : Failure;
                    }

                case ["unhealthy", { Length: 64 } id, var pid, var start] when id.All(char.IsAsciiHexDigitLower) && int.TryParse(pid, out int process) && long.TryParse(start, out long time):
                    using (var engine = ContainerEngine.Open())
                    {
                        engine.ActOnUnhealthy(id, process, time);
                    }

                    return 0;
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

    private static string Version() =>
        typeof(ContainerEngine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
