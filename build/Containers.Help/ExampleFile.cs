namespace Containers.Help;

/// <summary>
/// The examples of one cmdlet, in a file of its name: each a <c>## title</c>, a fenced block of PowerShell, and any number of
/// paragraphs on what it does.
/// </summary>
internal static class ExampleFile
{
    private const string Fence = "```";

    public static IReadOnlyDictionary<string, IReadOnlyList<Example>> LoadAll(string folder, IReadOnlySet<string> cmdlets)
    {
        var examples = new Dictionary<string, IReadOnlyList<Example>>(StringComparer.Ordinal);
        if (!Directory.Exists(folder))
        {
            return examples;
        }

        foreach (var path in Directory.EnumerateFiles(folder, "*.md").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (!cmdlets.Contains(name))
            {
                throw new HelpException(path, 1, $"there is no cmdlet '{name}' to have these examples.");
            }

            examples.Add(name, Parse(path, File.ReadAllLines(path)));
        }

        return examples;
    }

    private static List<Example> Parse(string path, string[] lines)
    {
        List<Example> examples = [];
        var i = SkipBlank(lines, 0);
        while (i < lines.Length)
        {
            if (!lines[i].StartsWith("## ", StringComparison.Ordinal))
            {
                throw new HelpException(path, i + 1, "an example begins with '## ' and its title.");
            }

            var title = lines[i][3..].Trim();
            i = SkipBlank(lines, i + 1);
            if (i == lines.Length || !lines[i].StartsWith(Fence + "powershell", StringComparison.Ordinal))
            {
                throw new HelpException(
                    path, Math.Min(i, lines.Length - 1) + 1, "the title is followed by a block that begins with ```powershell.");
            }

            var end = Array.IndexOf(lines, Fence, i + 1);
            if (end < 0)
            {
                throw new HelpException(path, i + 1, "the block has no closing ```.");
            }

            var code = string.Join('\n', lines[(i + 1)..end]);
            var next = Array.FindIndex(lines, end + 1, line => line.StartsWith("## ", StringComparison.Ordinal));
            next = next < 0 ? lines.Length : next;
            examples.Add(new Example(title, code, Paragraphs(lines[(end + 1)..next])));
            i = next;
        }

        return examples;
    }

    private static List<string> Paragraphs(string[] lines)
    {
        List<string> paragraphs = [];
        List<string> current = [];
        foreach (var line in lines.Append(""))
        {
            if (line.Trim().Length > 0)
            {
                current.Add(line.Trim());
            }
            else if (current.Count > 0)
            {
                paragraphs.Add(string.Join(' ', current).Replace("`", "", StringComparison.Ordinal));
                current.Clear();
            }
        }

        return paragraphs;
    }

    private static int SkipBlank(string[] lines, int i)
    {
        while (i < lines.Length && string.IsNullOrWhiteSpace(lines[i]))
        {
            i++;
        }

        return i;
    }
}
