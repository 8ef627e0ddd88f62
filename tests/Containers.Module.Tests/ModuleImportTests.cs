using System.Management.Automation;
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
}
