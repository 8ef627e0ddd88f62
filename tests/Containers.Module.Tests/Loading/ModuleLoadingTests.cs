using System.Reflection;
using System.Reflection.Emit;
using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.Loading;

/// <summary>
/// Each test runs in a process in which nothing of this module is loaded: a copy of the shell whose own module is an empty one.
/// </summary>
public sealed class ModuleLoadingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _shell;

    public ModuleLoadingTests()
    {
        CopyFolder(Path.GetDirectoryName(Repository.Shell)!, _folder.Path);
        Directory.Delete(Path.Combine(_folder.Path, "Containers"), recursive: true);
        Directory.CreateDirectory(Path.Combine(_folder.Path, "Containers"));
        _folder.Write("Containers/Containers.psd1", "@{ ModuleVersion = '0.0.1' }");
        _shell = Path.Combine(_folder.Path, "Containers.Shell");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Other_versions_of_our_packages_in_the_session_are_neither_used_nor_in_the_way()
    {
        var result = Run($$"""
            {{LoadOtherVersions()}}
            Import-Module {{Repository.Manifest}}
            $engine = [System.Reflection.Assembly]::Load('Containers.Engine')
            $interop = [System.Reflection.Assembly]::Load('Containers.Interop')
            $readText = $interop.GetType('Containers.Interop.Files').GetMethod('ReadText')
            'kernel call: ' + $readText.Invoke($null, @(-100, '/proc/sys/kernel/ostype')).Trim()
            $context = [System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext($engine)
            $null = $context.LoadFromAssemblyName('ZstdSharp')
            $context.Name
            foreach ($name in 'Tmds.LibC', 'ZstdSharp') {
                foreach ($assembly in [System.AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq $name }) {
                    $in = [System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext($assembly).Name
                    $assembly.GetName().Name + ' ' + $assembly.GetName().Version.Major + ' in ' + $in
                }
            }
            """);

        Assert.Equal("", result.Error);
        Assert.Equal(
            [
                "kernel call: Linux", "Containers.Engine",
                "Tmds.LibC 99 in Default", "Tmds.LibC 0 in Containers.Engine",
                "ZstdSharp 99 in Default", "ZstdSharp 0 in Containers.Engine",
            ],
            result.OutputLines);
    }

    [Fact]
    public void Without_the_context_of_our_own_the_other_version_would_be_used_and_fail()
    {
        var result = Run($$"""
            {{LoadOtherVersions()}}
            $interop = [System.Reflection.Assembly]::LoadFrom('{{Path.Combine(Repository.Root, "module/bin/engine/Containers.Interop.dll")}}')
            $readText = $interop.GetType('Containers.Interop.Files').GetMethod('ReadText')
            try { $readText.Invoke($null, @(-100, '/proc/sys/kernel/ostype')) } catch { $_.Exception.InnerException.GetType().Name }
            """);

        Assert.Equal(["TypeLoadException"], result.OutputLines);
    }

    [Fact]
    public void PowerShell_can_list_the_types_of_the_module_before_the_engine_can_be_found()
    {
        // What PowerShell does before it calls OnImport (PSSnapInHelpers.GetAssemblyTypes): a public type whose base, interface or
        // value-type field is the engine's would fail here, and with it the import.
        var result = Run($$"""
            $types = [System.Reflection.Assembly]::LoadFrom('{{Repository.ModuleAssembly}}').GetExportedTypes()
            $types.FullName -contains 'Containers.Module.Loading.ModuleLoader'
            [System.AppDomain]::CurrentDomain.GetAssemblies().Where({ $_.GetName().Name -like 'Containers.Engine*' }).Count
            """);

        Assert.Equal(new ShellResult(0, "True\n0\n", ""), result);
    }

    [Fact]
    public void The_resolver_goes_with_the_last_import_and_comes_back_with_the_next()
    {
        var result = Run($$"""
            function Test-Resolver { try { $null = [System.Reflection.Assembly]::Load('Containers.Interop'); $true } catch { $false } }
            Test-Resolver
            Import-Module {{Repository.Manifest}}
            Remove-Module Containers
            Test-Resolver
            Import-Module {{Repository.Manifest}}
            Test-Resolver
            """);

        Assert.Equal(new ShellResult(0, "False\nFalse\nTrue\n", ""), result);
    }

    [Fact]
    public void No_engine_assembly_is_loaded_by_the_import_itself()
    {
        var result = Run($$"""
            Import-Module {{Repository.Manifest}}
            [System.AppDomain]::CurrentDomain.GetAssemblies() | ForEach-Object { $_.GetName().Name } |
                Where-Object { $_ -match '^(Containers\.(?!Shell)|Tmds|Zstd)' }
            """);

        Assert.Equal(new ShellResult(0, "Containers.Module\n", ""), result);
    }

    [Fact]
    public void The_module_names_no_package_that_lies_behind_the_engine()
    {
        // Such a reference would be resolved outside the engine's context: to another module's version, or not at all.
        var references = Assembly.LoadFrom(Repository.ModuleAssembly).GetReferencedAssemblies().Select(a => a.Name!);

        var engine = Directory.EnumerateFiles(Path.Combine(Repository.Root, "module/bin/engine"), "*.dll")
            .Select(p => Path.GetFileNameWithoutExtension(p));
        Assert.Empty(references.Intersect(engine.Except(["Containers.Engine", "Containers.Interop"])));
    }

    // Another module's copies, loaded into the default context first: they have the names of our packages, and nothing in them.
    private string LoadOtherVersions()
    {
        var loads = new[] { "Tmds.LibC", "ZstdSharp" }.Select(name =>
        {
            var path = Path.Combine(_folder.Path, "other", name + ".dll");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var version = new AssemblyName(name) { Version = new Version(99, 0, 0, 0) };
            var assembly = new PersistedAssemblyBuilder(version, typeof(object).Assembly);
            assembly.DefineDynamicModule(name);
            assembly.Save(path);
            return $"$null = [System.Reflection.Assembly]::LoadFrom('{path}')";
        });
        var module = _folder.Write("Other.psm1", string.Join('\n', loads));
        return $"Import-Module {module}";
    }

    private ShellResult Run(string script) =>
        ShellProcess.Run(_shell, ["-File", _folder.Write("script.ps1", "$ErrorActionPreference = 'Stop'\n" + script)]);

    private static void CopyFolder(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }
}
