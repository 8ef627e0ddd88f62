using System.Text;
using Containers.Engine.Layers;

namespace Containers.Engine.Images.Archives;

/// <summary>Paths within an image archive: components joined by single slashes, relative, without <c>.</c> and <c>..</c>.</summary>
internal static class ArchivePath
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Brings an entry's name to the plain form.</summary>
    /// <param name="name">The name as the archive has it.</param>
    /// <param name="limits">The bounds.</param>
    /// <returns>The path; empty for the root.</returns>
    /// <exception cref="EngineException">InvalidData for an absolute path, <c>..</c>, NUL, or what is not UTF-8.</exception>
    public static string Normalize(ReadOnlySpan<byte> name, ExtractionLimits limits)
    {
        EntryPath path = EntryPath.Parse(name, name, limits);
        try
        {
            return Strict.GetString(path.Full);
        }
        catch (DecoderFallbackException failure)
        {
            throw ArchiveError.Refused(name, "its name is not UTF-8, as no image archive has it", failure);
        }
    }

    /// <summary>Brings a path that a document of the archive names to the plain form.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The path.</returns>
    /// <exception cref="EngineException">InvalidData.</exception>
    public static string Normalize(string path) => Normalize(Encoding.UTF8.GetBytes(path), ExtractionLimits.Default);

    /// <summary>Where a symbolic link of the archive leads, by the text alone.</summary>
    /// <param name="link">The link's own path.</param>
    /// <param name="target">What it says.</param>
    /// <returns>The path; null where it is absolute or leads out of the archive.</returns>
    public static string? Resolve(string link, string target)
    {
        if (target.StartsWith('/'))
        {
            return null;
        }

        var components = new List<string>(link.Split('/')[..^1]);
        foreach (string component in target.Split('/'))
        {
            if (component is "" or ".")
            {
                continue;
            }

            if (component != "..")
            {
                components.Add(component);
            }
            else if (components.Count > 0)
            {
                components.RemoveAt(components.Count - 1);
            }
            else
            {
                return null;
            }
        }

        return string.Join('/', components);
    }
}
