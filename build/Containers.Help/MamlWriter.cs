using System.Text;
using System.Xml;

namespace Containers.Help;

/// <summary>Writes help in the format that Get-Help reads (MAML, as New-ExternalHelp and PowerShell's own modules have it).</summary>
internal sealed class MamlWriter
{
    private const string Maml = "http://schemas.microsoft.com/maml/2004/10";
    private const string Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private const string Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    private readonly XmlWriter _xml;

    private MamlWriter(XmlWriter xml) => _xml = xml;

    public static void Write(
        string path, IEnumerable<CmdletHelp> cmdlets, IReadOnlyDictionary<string, IReadOnlyList<Example>> examples)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var settings = new XmlWriterSettings
        {
            Indent = true,
            Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            NewLineChars = "\n",
        };
        using var xml = XmlWriter.Create(path, settings);
        xml.WriteStartElement("helpItems", "http://msh");
        xml.WriteAttributeString("schema", "maml");
        var writer = new MamlWriter(xml);
        foreach (var cmdlet in cmdlets)
        {
            writer.WriteCommand(cmdlet, examples.GetValueOrDefault(cmdlet.Name) ?? []);
        }

        xml.WriteEndElement();
    }

    private void WriteCommand(CmdletHelp cmdlet, IReadOnlyList<Example> examples)
    {
        _xml.WriteStartElement("command", "command", Command);
        _xml.WriteAttributeString("xmlns", "maml", null, Maml);
        _xml.WriteAttributeString("xmlns", "dev", null, Dev);

        Start(Command, "details");
        Text(Command, "name", cmdlet.Name);
        Text(Command, "verb", cmdlet.Verb);
        Text(Command, "noun", cmdlet.Noun);
        Paragraphs(Maml, "description", [cmdlet.Synopsis]);
        End();

        Paragraphs(Maml, "description", cmdlet.Description.Count > 0 ? cmdlet.Description : [cmdlet.Synopsis]);

        Start(Command, "syntax");
        foreach (var set in cmdlet.ParameterSets)
        {
            WriteSyntax(cmdlet, set);
        }

        End();

        Start(Command, "parameters");
        foreach (var parameter in cmdlet.Parameters.OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            WriteParameter(parameter, parameter.Uses[0], inSyntax: false);
        }

        End();

        WriteTypes("inputTypes", "inputType", cmdlet.Parameters.Where(p => p.Uses.Any(u => u.FromPipeline)).Select(p => p.TypeFullName));
        WriteTypes("returnValues", "returnValue", cmdlet.OutputTypes);
        WriteExamples(examples);
        WriteLinks(cmdlet);
        End();
    }

    private void WriteSyntax(CmdletHelp cmdlet, string set)
    {
        var used = cmdlet.Parameters.Select(p => (Parameter: p, Use: p.In(set)))
            .Where(p => p.Use is not null)
            .OrderBy(p => p.Use!.Position ?? int.MaxValue)
            .ThenByDescending(p => p.Use!.Mandatory);
        Start(Command, "syntaxItem");
        Text(Maml, "name", cmdlet.Name);
        foreach (var (parameter, use) in used)
        {
            WriteParameter(parameter, use!, inSyntax: true);
        }

        End();
    }

    private void WriteParameter(ParameterHelp parameter, ParameterUse use, bool inSyntax)
    {
        Start(Command, "parameter");
        _xml.WriteAttributeString("required", Lower(use.Mandatory));
        _xml.WriteAttributeString("variableLength", Lower(parameter.TypeName.EndsWith("[]", StringComparison.Ordinal)));
        _xml.WriteAttributeString("globbing", Lower(parameter.TakesWildcards));
        _xml.WriteAttributeString("pipelineInput", use.PipelineInput);
        _xml.WriteAttributeString("position", use.PositionText);
        _xml.WriteAttributeString("aliases", parameter.Aliases.Count > 0 ? string.Join(", ", parameter.Aliases) : "none");
        Text(Maml, "name", parameter.Name);
        Paragraphs(Maml, "description", parameter.Text);
        if (inSyntax && parameter.Values.Count > 0)
        {
            Start(Command, "parameterValueGroup");
            foreach (var value in parameter.Values)
            {
                WriteValue(value, isRequired: false);
            }

            End();
        }

        if (!inSyntax || !parameter.IsSwitch)
        {
            WriteValue(parameter.TypeName, isRequired: !parameter.IsSwitch);
        }

        Start(Dev, "type");
        Text(Maml, "name", parameter.TypeFullName);
        _xml.WriteElementString("uri", Maml, "");
        End();
        Text(Dev, "defaultValue", parameter.IsSwitch ? "False" : "None");
        End();
    }

    private void WriteValue(string value, bool isRequired)
    {
        Start(Command, "parameterValue");
        _xml.WriteAttributeString("required", Lower(isRequired));
        _xml.WriteAttributeString("variableLength", "false");
        _xml.WriteString(value);
        End();
    }

    private void WriteTypes(string list, string item, IEnumerable<string> names)
    {
        Start(Command, list);
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            Start(Command, item);
            Start(Dev, "type");
            Text(Maml, "name", name);
            End();
            End();
        }

        End();
    }

    private void WriteExamples(IReadOnlyList<Example> examples)
    {
        Start(Command, "examples");
        for (var i = 0; i < examples.Count; i++)
        {
            Start(Command, "example");
            Text(Maml, "title", $"Example {i + 1}: {examples[i].Title}");
            Text(Dev, "code", examples[i].Code);
            Paragraphs(Dev, "remarks", examples[i].Remarks);
            End();
        }

        End();
    }

    private void WriteLinks(CmdletHelp cmdlet)
    {
        Start(Command, "relatedLinks");
        foreach (var link in cmdlet.Links.Append("about_Containers").Distinct(StringComparer.Ordinal))
        {
            Start(Maml, "navigationLink");
            Text(Maml, "linkText", link);
            _xml.WriteElementString("uri", Maml, "");
            End();
        }

        End();
    }

    private void Paragraphs(string space, string name, IEnumerable<string> paragraphs)
    {
        Start(space, name);
        foreach (var paragraph in paragraphs)
        {
            Text(Maml, "para", paragraph);
        }

        End();
    }

    private void Start(string space, string name) => _xml.WriteStartElement(name, space);

    private void Text(string space, string name, string value) => _xml.WriteElementString(name, space, value);

    private void End() => _xml.WriteEndElement();

    private static string Lower(bool value) => value ? "true" : "false";
}
