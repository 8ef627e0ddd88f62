using System.Globalization;

namespace Containers.Engine.Tests.Layers;

/// <summary>All that is to be known of the files of a tree, one line each, made by GNU find, getfattr and sha256sum: oracles that share no code with the engine.</summary>
internal static class TreeListing
{
    /// <summary>Type, mode, owner, link count, size, modification time in nanoseconds, device number, link target, allocated blocks; inodes stand for hard link groups.</summary>
    public static List<string> Of(ScratchFolder scratch, string folder, bool withBlocks = false, bool withTimes = true)
    {
        string times = withTimes ? " %T@" : string.Empty;
        string size = "%s";
        string output = scratch.Shell($$"""
            cd '{{folder}}'
            find . -mindepth 0 -type d -printf '%p|%y %m %U:%G{{times}}\n' -o -printf '%p|%y %m %U:%G n%n {{size}}{{times}} {{(withBlocks ? "%b" : string.Empty)}} ->%l %D#%i\n' | sed 's/|d \([0-9]*\) /|d \1 /'
            find . -type f -size -200M -print0 | sort -z | xargs -0 -r sha256sum
            find . \( -type b -o -type c \) -print0 | sort -z | xargs -0 -r stat -c '%n dev %t:%T'
            getfattr -R -h -d -m - -e hex . 2>/dev/null || true
            """);
        return Normalise(output);
    }

    // An inode's number differs between two trees: it becomes the first path that has it.
    private static List<string> Normalise(string output)
    {
        var lines = output.Split('\n').ToList();
        var firstPath = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in lines.Where(line => line.Contains('#')).OrderBy(line => line, StringComparer.Ordinal))
        {
            firstPath.TryAdd(line[(line.LastIndexOf(' ') + 1)..], line[..Math.Max(0, line.IndexOf('|'))]);
        }

        var result = new List<string>();
        string file = string.Empty;
        foreach (string line in lines)
        {
            string inode = line[(line.LastIndexOf(' ') + 1)..];
            if (line.StartsWith("# file: ", StringComparison.Ordinal))
            {
                file = line;
            }
            else if (line.Contains('|') && inode.Contains('#') && firstPath.TryGetValue(inode, out string? first))
            {
                result.Add(string.Create(CultureInfo.InvariantCulture, $"{line[..line.LastIndexOf(' ')]} same-as {first}"));
            }
            else if (line.Length > 0)
            {
                result.Add(line.Contains('=') && file.Length > 0 ? $"{file} {line}" : line);
            }
        }

        result.Sort(StringComparer.Ordinal);
        return result;
    }
}
