using System.Management.Automation;
using System.Runtime.Loader;
using Containers.Commands;
using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.Commands;

public sealed class SurfaceTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void The_manifest_exports_each_cmdlet_and_each_alias_of_the_assembly()
    {
        var module = (PSModuleInfo)_session.Run("Get-Module Containers").Single;
        var types = Cmdlets();

        Assert.Equal(types.Select(NameOf).Order(StringComparer.Ordinal), module.ExportedCmdlets.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(types.SelectMany(AliasesOf).Order(StringComparer.Ordinal), module.ExportedAliases.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_alias_shadows_a_program_or_a_command_of_PowerShell()
    {
        using var plain = new PowerShellSession(importModule: false);
        foreach (var alias in Cmdlets().SelectMany(AliasesOf))
        {
            Assert.Empty(plain.Run($"Get-Command {alias} -ErrorAction Ignore").Output);

            // Docker's word as a verb, a dash and one of our nouns: nothing short that a program of another machine could have.
            Assert.Matches("^[A-Z][a-z]+-Container[A-Za-z]*$", alias);
        }
    }

    [Fact]
    public void Every_cmdlet_is_sealed_and_declares_its_output()
    {
        foreach (var type in Cmdlets())
        {
            Assert.True(type.IsSealed, type.Name);
            Assert.NotEmpty(type.GetCustomAttributes(typeof(OutputTypeAttribute), inherit: false));
        }
    }

    [Fact]
    public void Cmdlets_that_change_something_support_WhatIf()
    {
        string[] looking = ["Get", "Find", "Test", "Measure", "Compare", "Wait", "Watch"];
        var changing = Cmdlets().Where(type => !looking.Contains(NameOf(type).Split('-')[0]));

        Assert.All(changing, type =>
            Assert.True(((CmdletAttribute)type.GetCustomAttributes(typeof(CmdletAttribute), inherit: false)[0]).SupportsShouldProcess, type.Name));
    }

    [Fact]
    public void Every_type_of_the_module_loads_before_the_engine_can_be_found()
    {
        // PowerShell asks an assembly for all of its types before it calls what makes the engine's assemblies findable.
        var context = new AssemblyLoadContext("without the engine", isCollectible: true);
        try
        {
            var types = context.LoadFromAssemblyPath(Repository.ModuleAssembly).GetTypes();
            Assert.Contains(types, type => type.Name == nameof(InvokeContainerCommand));
        }
        finally
        {
            context.Unload();
        }
    }

    [Fact]
    public void No_public_member_shows_a_type_of_the_engine()
    {
        foreach (var type in typeof(InvokeContainerCommand).Assembly.GetExportedTypes())
        {
            Assert.All(type.GetProperties(), property => IsNotOfEngine(property.PropertyType, $"{type.Name}.{property.Name}"));
            Assert.All(type.GetMethods(), method =>
            {
                IsNotOfEngine(method.ReturnType, $"{type.Name}.{method.Name}");
                Assert.All(method.GetParameters(), parameter => IsNotOfEngine(parameter.ParameterType, $"{type.Name}.{method.Name}"));
            });
        }
    }

    [Theory]
    [InlineData(typeof(ContainerStateReason), typeof(Engine.Runtime.StateReason))]
    [InlineData(typeof(NamespaceType), typeof(Engine.Namespaces.NamespaceType))]
    [InlineData(typeof(ContainerMountPropagation), typeof(Engine.Runtime.MountPropagation))]
    [InlineData(typeof(ContainerFileChange), typeof(Engine.Layers.FileDifferenceKind))]
    [InlineData(typeof(ContainerFileAspects), typeof(Engine.Layers.FileAspects))]
    [InlineData(typeof(ContainerFileType), typeof(Interop.FileKind))]
    [InlineData(typeof(ContainerStorageKind), typeof(Engine.Maintenance.StorageKind))]
    [InlineData(typeof(ContainerRepairKind), typeof(Engine.Maintenance.FindingKind))]
    [InlineData(typeof(ContainerLogStream), typeof(Engine.Logs.LogStream))]
    [InlineData(typeof(ContainerProcessState), typeof(Engine.Processes.ProcessState))]
    [InlineData(typeof(ContainerPullPolicy), typeof(Engine.Configuration.ImagePullPolicy))]
    [InlineData(typeof(ContainerConfigurationSource), typeof(Engine.Configuration.ConfigurationSource))]
    [InlineData(typeof(ContainerImageFormat), typeof(Engine.Images.Archives.ImageArchiveFormat))]
    public void The_enums_that_scripts_name_are_the_engines(Type module, Type engine) =>
        Assert.Equal(
            Enum.GetValues(engine).Cast<object>().Select(value => $"{value} = {(int)value}"),
            Enum.GetValues(module).Cast<object>().Select(value => $"{value} = {(int)value}"));

    [Fact]
    public void The_states_are_the_engines_and_that_a_running_container_is_suspended() =>
        Assert.Equal([.. Enum.GetNames<Engine.Runtime.ContainerState>(), nameof(ContainerState.Paused)], Enum.GetNames<ContainerState>());

    private static void IsNotOfEngine(Type type, string where)
    {
        foreach (var part in type.GetGenericArguments().Append(type))
        {
            Assert.False(part.Assembly.GetName().Name is "Containers.Engine" or "Containers.Interop", $"{where} shows {part}");
        }
    }

    private static List<Type> Cmdlets() =>
        [.. typeof(InvokeContainerCommand).Assembly.GetTypes().Where(type => type.IsDefined(typeof(CmdletAttribute), inherit: false))];

    private static string NameOf(Type type)
    {
        var cmdlet = (CmdletAttribute)type.GetCustomAttributes(typeof(CmdletAttribute), inherit: false)[0];
        return $"{cmdlet.VerbName}-{cmdlet.NounName}";
    }

    private static IEnumerable<string> AliasesOf(Type type) =>
        type.GetCustomAttributes(typeof(AliasAttribute), inherit: false).Cast<AliasAttribute>().SelectMany(alias => alias.AliasNames);
}
