using System.Reflection;
using System.Runtime.Loader;

namespace Containers.Module.Loading;

/// <summary>
/// The load context of the engine and of the packages it needs, so that other versions of the same packages, loaded by
/// another module of the session, are neither used by the engine nor in its way. Everything else (the framework) comes from
/// the default context.
/// </summary>
internal sealed class EngineLoadContext : AssemblyLoadContext
{
    private readonly string _folder;

    /// <summary>Makes the context.</summary>
    /// <param name="folder">The folder that holds the engine's assemblies, and nothing else.</param>
    public EngineLoadContext(string folder)
        : base("Containers.Engine") => _folder = folder;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var path = Path.Combine(_folder, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
