using System.Reflection;

namespace Containers.Help;

/// <summary>Reads the cmdlets of an assembly from its metadata, without running any of it.</summary>
internal sealed class CmdletReader : IDisposable
{
    private const string Automation = "System.Management.Automation.";
    private const string AllSets = "__AllParameterSets";

    private readonly MetadataLoadContext _context;
    private readonly Assembly _assembly;
    private readonly XmlDocumentation _texts;

    public CmdletReader(string assembly, IEnumerable<string> references, XmlDocumentation texts)
    {
        _context = new MetadataLoadContext(new PathAssemblyResolver(references.Append(assembly)));
        _assembly = _context.LoadFromAssemblyPath(assembly);
        _texts = texts;
    }

    public IReadOnlyList<CmdletHelp> Read()
    {
        var classes = _assembly.GetExportedTypes()
            .Select(type => (Type: type, Attribute: Find(type, "CmdletAttribute")))
            .Where(c => c.Attribute is not null)
            .ToList();
        foreach (var (type, attribute) in classes)
        {
            _texts.TypeNames[type.FullName!] = $"{attribute!.ConstructorArguments[0].Value}-{attribute.ConstructorArguments[1].Value}";
        }

        return [.. classes.Select(c => Read(c.Type, c.Attribute!)).OrderBy(c => c.Name, StringComparer.Ordinal)];
    }

    public void Dispose() => _context.Dispose();

    private CmdletHelp Read(Type type, CustomAttributeData cmdlet)
    {
        List<ParameterHelp> parameters =
        [
            .. Properties(type).Select(ReadParameter).OfType<ParameterHelp>(),
            .. Argument(cmdlet, "SupportsShouldProcess", false) ? ShouldProcess : [],
        ];
        var defaultSet = Argument(cmdlet, "DefaultParameterSetName", "");
        var sets = parameters.SelectMany(p => p.Uses).Select(u => u.Set).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal)
            .OrderBy(s => s != defaultSet).ToList();
        var id = "T:" + type.FullName;
        return new CmdletHelp
        {
            Verb = (string)cmdlet.ConstructorArguments[0].Value!,
            Noun = (string)cmdlet.ConstructorArguments[1].Value!,
            Synopsis = string.Join(' ', _texts.Paragraphs(id, "summary")),
            Description = _texts.Paragraphs(id, "remarks"),
            ParameterSets = sets.Count > 0 ? sets : [""],
            Parameters = parameters,
            OutputTypes = [.. OutputTypes(type).Distinct(StringComparer.Ordinal)],
            Links = _texts.SeeAlso(id),
        };
    }

    // Those of the class itself first, then those of its bases, each in the order of the source.
    private static IEnumerable<PropertyInfo> Properties(Type type)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var declaring = type; declaring is not null; declaring = declaring.BaseType)
        {
            const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly;
            foreach (var property in declaring.GetProperties(Declared).Where(p => names.Add(p.Name)))
            {
                yield return property;
            }
        }
    }

    private ParameterHelp? ReadParameter(PropertyInfo property)
    {
        var attributes = property.GetCustomAttributesData();
        var uses = attributes.Where(a => Is(a, "ParameterAttribute") && !Argument(a, "DontShow", false)).Select(ReadUse).ToList();
        if (uses.Count == 0)
        {
            return null;
        }

        var type = Underlying(property.PropertyType);
        var element = type.IsArray ? type.GetElementType()! : type;
        return new ParameterHelp
        {
            Name = property.Name,
            TypeName = DisplayName(type),
            TypeFullName = type.FullName ?? type.Name,
            Text = _texts.Paragraphs($"P:{DocumentationName(property.DeclaringType!)}.{property.Name}", "summary"),
            Aliases = [.. attributes.Where(a => Is(a, "AliasAttribute")).SelectMany(a => Strings(a.ConstructorArguments[0]))],
            Values = attributes.FirstOrDefault(a => Is(a, "ValidateSetAttribute")) is { ConstructorArguments: [var values] }
                ? [.. Strings(values)]
                : element.IsEnum ? element.GetEnumNames() : [],
            IsSwitch = type.FullName == Automation + "SwitchParameter",
            TakesWildcards = attributes.Any(a => Is(a, "SupportsWildcardsAttribute")),
            Uses = uses,
        };
    }

    private static ParameterUse ReadUse(CustomAttributeData attribute)
    {
        var set = Argument(attribute, "ParameterSetName", AllSets);
        var position = Argument(attribute, "Position", int.MinValue);
        return new ParameterUse(
            set == AllSets ? "" : set,
            Argument(attribute, "Mandatory", false),
            position == int.MinValue ? null : position,
            Argument(attribute, "ValueFromPipeline", false),
            Argument(attribute, "ValueFromPipelineByPropertyName", false),
            Argument(attribute, "ValueFromRemainingArguments", false));
    }

    private static IEnumerable<string> OutputTypes(Type type) =>
        type.GetCustomAttributesData().Where(a => Is(a, "OutputTypeAttribute"))
            .SelectMany(a => a.ConstructorArguments)
            .SelectMany(a => a.Value is IEnumerable<CustomAttributeTypedArgument> several ? several.Select(v => v.Value) : [a.Value])
            .Select(v => v switch
            {
                Type output => output.FullName!,
                string name => name,
                _ => "",
            })
            .Where(name => name.Length > 0);

    // PowerShell adds these two to a cmdlet that supports them, but not to its help.
    private static IReadOnlyList<ParameterHelp> ShouldProcess { get; } =
    [
        Switch("WhatIf", "wi", "Shows what would be done, and does nothing."),
        Switch("Confirm", "cf", "Asks before anything is done."),
    ];

    private static ParameterHelp Switch(string name, string alias, string text) => new()
    {
        Name = name,
        TypeName = "SwitchParameter",
        TypeFullName = Automation + "SwitchParameter",
        Text = [text],
        Aliases = [alias],
        IsSwitch = true,
        Uses = [new ParameterUse("", Mandatory: false, Position: null, FromPipeline: false, FromPipelineByName: false, Remaining: false)],
    };

    private static CustomAttributeData? Find(Type type, string name) => type.GetCustomAttributesData().FirstOrDefault(a => Is(a, name));

    private static bool Is(CustomAttributeData attribute, string name) => attribute.AttributeType.FullName == Automation + name;

    private static T Argument<T>(CustomAttributeData attribute, string name, T otherwise) =>
        attribute.NamedArguments.Where(a => a.MemberName == name).Select(a => (T)a.TypedValue.Value!).DefaultIfEmpty(otherwise).First();

    private static IEnumerable<string> Strings(CustomAttributeTypedArgument argument) =>
        argument.Value is IEnumerable<CustomAttributeTypedArgument> several
            ? several.Select(v => (string)v.Value!)
            : [(string)argument.Value!];

    private static Type Underlying(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition().FullName == "System.Nullable`1" ? type.GenericTypeArguments[0] : type;

    private static string DisplayName(Type type) => type switch
    {
        { IsArray: true } => DisplayName(type.GetElementType()!) + "[]",
        { IsGenericType: true } =>
            $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}[{string.Join(", ", type.GenericTypeArguments.Select(DisplayName))}]",
        _ => type.Name,
    };

    private static string DocumentationName(Type type) =>
        (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');
}
