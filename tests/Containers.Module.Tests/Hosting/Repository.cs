using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Containers.Module.Tests.Hosting;

/// <summary>Where the build laid things.</summary>
internal static class Repository
{
    public static string Root { get; } = Metadata("RepositoryRoot");

    public static string Manifest { get; } = Path.Combine(Root, "Containers.psd1");

    public static string ModuleAssembly { get; } = Path.Combine(Root, "module", "bin", "Containers.Module.dll");

    public static string Shell { get; } =
        Path.Combine(Root, "src", "Containers.Shell", "bin", Metadata("Configuration"), "net10.0", "Containers.Shell");

    // The tests name types of the module before a session has imported it; they must get the very assembly that is imported.
    [ModuleInitializer]
    internal static void ResolveModule() =>
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            name.Name == "Containers.Module" ? Assembly.LoadFrom(ModuleAssembly) : null;

    private static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
