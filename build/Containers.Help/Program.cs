using Containers.Help;

// Run by the build of Containers.Module: writes PowerShell's help file (MAML) for the cmdlets of an assembly from what is there
// anyway, so that help and code cannot drift apart: metadata, XML documentation, and one file of examples a cmdlet.
if (args is not [var assembly, var documentation, var examples, var references, var output])
{
    await Console.Error.WriteLineAsync("Usage: Containers.Help ASSEMBLY DOCUMENTATION.xml EXAMPLES-FOLDER REFERENCES.txt OUTPUT.xml");
    return 64;
}

try
{
    var texts = XmlDocumentation.Load(documentation);
    using var reader = new CmdletReader(assembly, File.ReadAllLines(references), texts);
    var cmdlets = reader.Read();
    var examplesByName = ExampleFile.LoadAll(examples, cmdlets.Select(c => c.Name).ToHashSet(StringComparer.Ordinal));
    MamlWriter.Write(output, cmdlets, examplesByName);
    return 0;
}
catch (HelpException error)
{
    // The form that MSBuild shows as an error of the build, with its place.
    await Console.Error.WriteLineAsync($"{error.Source}({error.Line}): error HELP: {error.Message}");
    return 1;
}
