using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Reflection;
using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests;

public sealed class ModuleImportTests
{
    [Fact]
    public void The_manifest_imports_without_an_error()
    {
        using var session = new PowerShellSession();

        Assert.Empty(session.ImportErrors);
        var module = (PSModuleInfo)session.Run("Get-Module Containers").Single;
        Assert.Equal(Repository.Root.TrimEnd('/'), module.ModuleBase);
    }

    [Fact]
    public void The_manifest_has_the_version_of_the_assembly()
    {
        using var session = new PowerShellSession();

        var module = (PSModuleInfo)session.Run("Get-Module Containers").Single;
        var assembly = AssemblyName.GetAssemblyName(Repository.ModuleAssembly).Version!;
        Assert.Equal(new Version(assembly.Major, assembly.Minor, assembly.Build), module.Version);
    }

    [Fact]
    public void The_manifest_exports_exactly_the_cmdlets_and_aliases_of_the_assembly()
    {
        var cmdlets = Assembly.LoadFrom(Repository.ModuleAssembly).GetExportedTypes()
            .Select(type => (Type: type, Cmdlet: type.GetCustomAttribute<CmdletAttribute>()))
            .Where(c => c.Cmdlet is not null)
            .ToList();

        Assert.Equal(
            cmdlets.Select(c => $"{c.Cmdlet!.VerbName}-{c.Cmdlet.NounName}").Order(StringComparer.Ordinal),
            ManifestList("CmdletsToExport").Order(StringComparer.Ordinal));
        Assert.Equal(
            cmdlets.SelectMany(c => c.Type.GetCustomAttribute<AliasAttribute>()?.AliasNames ?? []).Order(StringComparer.Ordinal),
            ManifestList("AliasesToExport").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_manifest_for_a_later_PowerShell_is_refused_as_the_hosted_engine_knows_its_own_version()
    {
        using var folder = new TemporaryFolder();
        var later = folder.Write("Later.psd1", "@{ ModuleVersion = '1.0'; PowerShellVersion = '99.0' }");
        using var session = new PowerShellSession(importModule: false);

        var error = Assert.Single(session.Run($"Import-Module {later}").Errors);

        Assert.StartsWith("Modules_InsufficientPowerShellVersion", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_PowerShell_file_of_the_repository_parses()
    {
        var files = Directory.EnumerateFiles(Repository.Root, "*.ps*1")
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "Pester"), "*.ps1"))
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "module"), "*.ps*1"))
            .ToList();

        Assert.Contains(Path.Combine(Repository.Root, "build.ps1"), files);
        Assert.All(files, file =>
        {
            Parser.ParseFile(file, out _, out var errors);
            Assert.Empty(errors.Select(e => $"{e.Extent.StartLineNumber}: {e.Message}"));
        });
    }

    private static IEnumerable<string> ManifestList(string key)
    {
        var manifest = Parser.ParseFile(Repository.Manifest, out _, out _).Find(ast => ast is HashtableAst, searchNestedScriptBlocks: false)!;
        var table = (Hashtable)((HashtableAst)manifest).SafeGetValue();
        return ((IEnumerable)table[key]!).Cast<string>();
    }
}
