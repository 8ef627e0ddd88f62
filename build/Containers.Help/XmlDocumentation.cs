using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Containers.Help;

/// <summary>The XML documentation that the compiler wrote beside an assembly, as plain text.</summary>
internal sealed partial class XmlDocumentation
{
    private readonly Dictionary<string, XElement> _members;

    private XmlDocumentation(Dictionary<string, XElement> members) => _members = members;

    /// <summary>How a type is called in help: a cmdlet's class by the cmdlet's name. Filled while the assembly is read.</summary>
    public Dictionary<string, string> TypeNames { get; } = new(StringComparer.Ordinal);

    public static XmlDocumentation Load(string path) =>
        new(XDocument.Load(path).Descendants("member").ToDictionary(m => m.Attribute("name")!.Value, StringComparer.Ordinal));

    /// <summary>The paragraphs of one section of a member's documentation; none where it has none.</summary>
    /// <param name="id">The member, as <c>P:Namespace.Type.Property</c>.</param>
    /// <param name="section"><c>summary</c>, <c>remarks</c> ...</param>
    /// <returns>The paragraphs.</returns>
    public IReadOnlyList<string> Paragraphs(string id, string section)
    {
        if (!_members.TryGetValue(id, out var member) || member.Element(section) is not { } element)
        {
            return [];
        }

        List<string> paragraphs = [];
        var text = new StringBuilder();
        Append(element, text, paragraphs);
        End(text, paragraphs);
        return paragraphs;
    }

    /// <summary>What a member's <c>seealso</c> elements name.</summary>
    /// <param name="id">The member.</param>
    /// <returns>The names.</returns>
    public IReadOnlyList<string> SeeAlso(string id) =>
        _members.TryGetValue(id, out var member)
            ? [.. member.Elements("seealso").Select(e => e.Attribute("cref") is { } cref ? NameOf(cref.Value) : e.Value.Trim())]
            : [];

    private void Append(XElement element, StringBuilder text, List<string> paragraphs)
    {
        foreach (var node in element.Nodes())
        {
            switch (node)
            {
                case XText plain:
                    text.Append(plain.Value);
                    break;
                case XElement { Name.LocalName: "para" } para:
                    End(text, paragraphs);
                    Append(para, text, paragraphs);
                    End(text, paragraphs);
                    break;
                case XElement { Name.LocalName: "item" } item:
                    End(text, paragraphs);
                    text.Append("- ");
                    Append(item, text, paragraphs);
                    End(text, paragraphs);
                    break;
                case XElement { Name.LocalName: "see" } see:
                    text.Append(see.Value.Length > 0 ? see.Value : Reference(see));
                    break;
                case XElement { Name.LocalName: "paramref" or "typeparamref" } reference:
                    text.Append(reference.Attribute("name")?.Value);
                    break;
                case XElement other:
                    Append(other, text, paragraphs);
                    break;
                default:
                    break;
            }
        }
    }

    private string Reference(XElement see) =>
        see.Attribute("cref") is { } cref ? NameOf(cref.Value) : see.Attribute("langword")?.Value ?? see.Attribute("href")?.Value ?? "";

    // T:A.B.Name and P:A.B.Type.Name are called by their last part; a parameter, being a property of a cmdlet, by its dash.
    private string NameOf(string cref)
    {
        var id = cref[2..];
        if (TypeNames.TryGetValue(id, out var cmdlet))
        {
            return cmdlet;
        }

        var name = id[(id.LastIndexOf('.') + 1)..];
        return cref.StartsWith("P:", StringComparison.Ordinal) && TypeNames.ContainsKey(id[..^(name.Length + 1)]) ? "-" + name : name;
    }

    private static void End(StringBuilder text, List<string> paragraphs)
    {
        var paragraph = WhiteSpace().Replace(text.ToString(), " ").Trim();
        text.Clear();
        if (paragraph.Length > 0)
        {
            paragraphs.Add(paragraph);
        }
    }

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex WhiteSpace();
}
