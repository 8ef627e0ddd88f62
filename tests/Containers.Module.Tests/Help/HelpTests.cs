using System.Management.Automation;
using System.Management.Automation.Language;
using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.Help;

/// <summary>What Get-Help shows of the help that the build generates.</summary>
public sealed class HelpTests : IDisposable
{
    private static readonly string[] Common = [.. Cmdlet.CommonParameters, .. Cmdlet.OptionalCommonParameters];

    // How the parser calls the -- after which all is the container's command.
    private const string EndOfParameters = "-";

    private readonly PowerShellSession _session = new();

    public static TheoryData<string> Cmdlets
    {
        get
        {
            using var session = new PowerShellSession();
            return [.. session.Run("Get-Command -Module Containers -CommandType Cmdlet").Output.Select(o => ((CmdletInfo)o.BaseObject).Name)];
        }
    }

    public void Dispose() => _session.Dispose();

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Every_cmdlet_has_a_synopsis_and_a_description(string cmdlet)
    {
        var help = Help(cmdlet);

        var synopsis = Text(help.Properties["Synopsis"].Value);
        Assert.EndsWith(".", synopsis.Split('[')[0].TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain(cmdlet + " [", synopsis, StringComparison.Ordinal);
        Assert.NotEmpty(Text(help.Properties["description"].Value));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Every_parameter_has_a_text(string cmdlet)
    {
        var command = (CmdletInfo)_session.Run($"Get-Command {cmdlet}").Single;
        var texts = _session.Run($"(Get-Help {cmdlet} -Full).parameters.parameter | Where-Object {{ $_ }}").Output
            .ToDictionary(p => p.Properties["name"].Value.ToString()!, p => Text(p.Properties["description"]?.Value), StringComparer.Ordinal);

        foreach (var parameter in command.Parameters.Keys.Except(Common))
        {
            Assert.True(texts.TryGetValue(parameter, out var text) && text.Length > 0, $"-{parameter} of {cmdlet} has no text.");
        }
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Every_cmdlet_has_two_examples_that_parse_and_use_parameters_that_exist(string cmdlet)
    {
        var examples = _session.Run($"(Get-Help {cmdlet} -Full).examples.example | ForEach-Object {{ $_.code }}").Lines;

        Assert.True(examples.Count >= 2, $"{cmdlet} has {examples.Count} examples.");
        Assert.All(examples, code =>
        {
            var script = Parser.ParseInput(code, out _, out var errors);
            Assert.Empty(errors.Select(e => e.Message));
            foreach (var used in script.FindAll(ast => ast is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>())
            {
                AssertParametersExist(used);
            }
        });
        Assert.Contains(examples, code => code.Contains(cmdlet, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("about_Containers")]
    [InlineData("about_Container_Security")]
    public void Every_topic_is_found(string topic)
    {
        var help = Assert.Single(_session.Run($"Get-Help {topic}").Lines);

        Assert.StartsWith("TOPIC", help.TrimStart(), StringComparison.Ordinal);
        Assert.All(help.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 80));
    }

    private void AssertParametersExist(CommandAst used)
    {
        if (used.GetCommandName() is not { } name ||
            _session.Run($"Get-Command -Module Containers -Name {name} -ErrorAction Ignore").Output is not [{ BaseObject: CommandInfo command }])
        {
            return;
        }

        foreach (var parameter in used.CommandElements.OfType<CommandParameterAst>().TakeWhile(p => p.ParameterName != EndOfParameters))
        {
            Assert.True(
                command.Parameters.Values.Any(p => p.Name.Equals(parameter.ParameterName, StringComparison.OrdinalIgnoreCase) ||
                    p.Aliases.Contains(parameter.ParameterName, StringComparer.OrdinalIgnoreCase)),
                $"'{used.Extent.Text}' names -{parameter.ParameterName}, which {name} has not.");
        }
    }

    private PSObject Help(string cmdlet) => Assert.Single(_session.Run($"Get-Help {cmdlet} -Full").Output);

    private static string Text(object? value) => value switch
    {
        null => "",
        PSObject { BaseObject: string text } => text.Trim(),
        PSObject { BaseObject: object[] paragraphs } => string.Join('\n', paragraphs.Select(Text)),
        PSObject paragraph => paragraph.Properties["Text"]?.Value?.ToString()?.Trim() ?? "",
        object[] paragraphs => string.Join('\n', paragraphs.Select(Text)).Trim(),
        _ => value.ToString()!.Trim(),
    };
}
