using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Containers.Module.Loading;

namespace Containers.Module.Tests.Hosting;

/// <summary>Where the build laid things.</summary>
internal static class Repository
{
    public static string Root { get; } = Metadata("RepositoryRoot");

    public static string Manifest { get; } = Path.Combine(Root, "Containers.psd1");

    public static string ModuleAssembly { get; } = Path.Combine(Root, "module", "bin", "Containers.Module.dll");

    public static string Shell { get; } =
        Path.Combine(Root, "src", "Containers.Shell", "bin", Metadata("Configuration"), "net10.0", "Containers.Shell");

    // The tests name types of the module and the engine before a session has imported them; they must get the very assemblies
    // that an import gives.
    [ModuleInitializer]
    internal static void ResolveModule()
    {
        Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
        AssemblyLoadContext.Default.Resolving += (_, name) => name.Name == "Containers.Module" ? Assembly.LoadFrom(ModuleAssembly) : null;
        ResolveEngine();
    }

    // In a method of its own: the runtime looks for the types that a method names before it runs it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ResolveEngine() => new ModuleLoader().OnImport();

    private static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
