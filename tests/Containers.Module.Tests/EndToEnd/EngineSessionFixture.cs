using System.Management.Automation;
using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.EndToEnd;

/// <summary>
/// A session whose engine works on roots of its own. At the end no container of the test may be left running, and whatever is
/// left is removed.
/// </summary>
internal sealed class EngineSessionFixture : IDisposable
{
    private const string RootVariable = "CONTAINERS_ROOT";
    private const string ConfigurationVariable = "CONTAINERS_CONFIG";

    private readonly string? _rootBefore = Environment.GetEnvironmentVariable(RootVariable);
    private readonly string? _configurationBefore = Environment.GetEnvironmentVariable(ConfigurationVariable);

    public EngineSessionFixture(params Type[] cmdlets)
    {
        // Not below /tmp, which may be a tmpfs too small for layers.
        Root = Directory.CreateDirectory(Path.Combine(Environment.GetEnvironmentVariable("CGROUP2_VM_SCRATCH") ?? "/var/tmp", "containers-tests-" + Guid.NewGuid().ToString("N"))).FullName;
        Environment.SetEnvironmentVariable(RootVariable, Root);

        // A name that a test gives to no image must not be asked of a registry.
        File.WriteAllText(ConfigurationPath, """{ "images": { "pull": "Never" } }""");
        Environment.SetEnvironmentVariable(ConfigurationVariable, ConfigurationPath);
        Session = new PowerShellSession(importModule: true, cmdlets);
    }

    public string Root { get; }

    /// <summary>The configuration file of the session.</summary>
    public string ConfigurationPath => Path.Combine(Root, "config.json");

    public PowerShellSession Session { get; }

    /// <summary>Runs a script that must not write an error.</summary>
    /// <param name="script">The script.</param>
    /// <param name="input">Its <c>$input</c>.</param>
    /// <returns>The output.</returns>
    public ScriptResult Run(string script, System.Collections.IEnumerable? input = null)
    {
        var result = Session.Run(script, input);
        Assert.True(result.Errors.Count == 0, string.Join('\n', result.Errors.Select(e => $"{e.FullyQualifiedErrorId}: {e}")));
        return result;
    }

    /// <summary>Runs a script that must write exactly one error.</summary>
    /// <param name="script">The script.</param>
    /// <returns>The error.</returns>
    public ErrorRecord Fails(string script) => Assert.Single(Session.Run(script).Errors);

    public void Dispose()
    {
        try
        {
            Session.Run("Get-Container | Remove-Container -Force -Confirm:$false");
            Assert.Empty(Session.Run("Get-Container").Output);
        }
        finally
        {
            Session.Dispose();
            Environment.SetEnvironmentVariable(RootVariable, _rootBefore);
            Environment.SetEnvironmentVariable(ConfigurationVariable, _configurationBefore);
            DeleteRoot();
        }
    }

    /// <summary>The last steps of a monitor's end follow its last word: it may still write its record of events.</summary>
    private void DeleteRoot()
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                Directory.Delete(Root, recursive: true);
                return;
            }
            catch (IOException) when (attempt < 100)
            {
                Thread.Sleep(50);
            }
        }
    }
}
