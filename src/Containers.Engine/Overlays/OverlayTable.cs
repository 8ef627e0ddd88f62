using System.Text;
using Containers.Engine.Images;
using Containers.Interop;

namespace Containers.Engine.Overlays;

/// <summary>Tells what overlays are mounted.</summary>
/// <param name="emptyFolder">The folder that lies below a single layer, and is none.</param>
internal sealed class OverlayTable(string emptyFolder)
{
    private const string Lower = "lowerdir=", LowerAdded = "lowerdir+=", DataAdded = "datadir+=", Upper = "upperdir=", Work = "workdir=";

    /// <summary>An overlay, of an entry of the kernel's table.</summary>
    /// <param name="entry">The mount.</param>
    /// <returns>The overlay; null for another kind of file system.</returns>
    public OverlayMount? Describe(MountEntry entry)
    {
        if (entry.Type != "overlay")
        {
            return null;
        }

        var lower = new List<string>();
        var data = new List<string>();
        var others = entry.Flags.Where(static flag => flag is not ("rw" or "ro" or "relatime")).ToList();
        string? upper = null, work = null;
        foreach (string option in entry.Options)
        {
            if (option.StartsWith(LowerAdded, StringComparison.Ordinal))
            {
                lower.Add(option[LowerAdded.Length..]);
            }
            else if (option.StartsWith(DataAdded, StringComparison.Ordinal))
            {
                data.Add(option[DataAdded.Length..]);
            }
            else if (option.StartsWith(Lower, StringComparison.Ordinal))
            {
                Split(option[Lower.Length..], lower, data);
            }
            else if (option.StartsWith(Upper, StringComparison.Ordinal))
            {
                upper = option[Upper.Length..];
            }
            else if (option.StartsWith(Work, StringComparison.Ordinal))
            {
                work = option[Work.Length..];
            }
            else if (option is not ("rw" or "ro"))
            {
                others.Add(option);
            }
        }

        if (upper is null && lower.Count > 1 && lower[^1] == emptyFolder)
        {
            lower.RemoveAt(lower.Count - 1);
        }

        return new OverlayMount
        {
            Path = entry.Path,
            RootFolder = entry.Root,
            Lower = lower,
            DataOnly = data,
            Upper = upper,
            Work = work,
            Options = others,
            MountId = entry.Id,
            Device = entry.Device,
            IsReadOnly = entry.Flags.Contains("ro") || entry.Options.Contains("ro"),
        };
    }

    // The colons of lowerdir= stand between folders, two of them before those of content alone; a backslash before one makes it part of a name.
    private static void Split(string text, List<string> lower, List<string> data)
    {
        var name = new StringBuilder();
        List<string> into = lower;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                name.Append(text[++i]);
            }
            else if (text[i] == ':')
            {
                into.Add(name.ToString());
                _ = name.Clear();
                if (i + 1 < text.Length && text[i + 1] == ':')
                {
                    into = data;
                    i++;
                }
            }
            else
            {
                name.Append(text[i]);
            }
        }

        into.Add(name.ToString());
    }
}
