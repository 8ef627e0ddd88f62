using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace Containers.Module.Loading;

/// <summary>
/// Called by PowerShell when the module is imported and removed: shows the runtime the way to the engine's assemblies.
/// Only the engine's own two assemblies are handed to the module; the packages behind them stay inside
/// <see cref="EngineLoadContext"/>, where no other module of the session can meet them.
/// </summary>
public sealed class ModuleLoader : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private static readonly Lock Gate = new();
    private static EngineLoadContext? s_engine;

    // Each runspace of the process imports for itself; the last one to remove the module takes the resolver along.
    private static int s_imports;

    /// <summary>Registers the resolver. PowerShell calls this before it makes the first cmdlet.</summary>
    public void OnImport()
    {
        lock (Gate)
        {
            if (s_imports++ == 0)
            {
                ModuleContext.Resolving += ResolveEngine;
            }
        }
    }

    /// <summary>Takes the resolver away again. What is loaded stays loaded: .NET cannot unload what cmdlets may still use.</summary>
    /// <param name="psModuleInfo">The module that is removed.</param>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        lock (Gate)
        {
            if (s_imports > 0 && --s_imports == 0)
            {
                ModuleContext.Resolving -= ResolveEngine;
            }
        }
    }

    // The default context, unless a host has loaded the module into one of its own.
    private static AssemblyLoadContext ModuleContext =>
        AssemblyLoadContext.GetLoadContext(typeof(ModuleLoader).Assembly) ?? AssemblyLoadContext.Default;

    private static Assembly? ResolveEngine(AssemblyLoadContext context, AssemblyName name)
    {
        if (name.Name is not ("Containers.Engine" or "Containers.Interop"))
        {
            return null;
        }

        lock (Gate)
        {
            s_engine ??= new EngineLoadContext(
                Path.Combine(Path.GetDirectoryName(typeof(ModuleLoader).Assembly.Location)!, "engine"));
        }

        return s_engine.LoadFromAssemblyName(name);
    }
}
