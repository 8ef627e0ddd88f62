using Containers.Engine.Layers;

namespace Containers.Engine.Images.Archives;

/// <summary>What an entry of an archive tells of the archive.</summary>
internal enum EntryEvidence
{
    /// <summary>It occurs in image archives, and could be in a root file system.</summary>
    Possible,

    /// <summary>Only image archives have it.</summary>
    Image,

    /// <summary>No image archive has it.</summary>
    RootFileSystem,
}

/// <summary>
/// Tells image archives from root file systems by the names at the top, as they come: writers put manifest.json last as often as first, and a pipe is read
/// once. A folder called blobs alone proves nothing; a file blobs/sha256/ with 64 digits does.
/// </summary>
internal static class ArchiveKind
{
    private static readonly string[] Endings = [".json", ".tar", ".tar.gz", ".tgz", ".tar.zst"];

    /// <summary>Judges one entry.</summary>
    /// <param name="path">Its path in the plain form.</param>
    /// <param name="kind">What it is.</param>
    /// <returns>What it tells.</returns>
    public static EntryEvidence Judge(string path, TarEntryKind kind)
    {
        bool isFile = kind is TarEntryKind.Regular or TarEntryKind.Symlink or TarEntryKind.HardLink;
        if (!isFile && kind != TarEntryKind.Folder)
        {
            return EntryEvidence.RootFileSystem;
        }

        string[] components = path.Split('/');
        return components.Length switch
        {
            _ when path.Length == 0 => EntryEvidence.Possible,
            1 => JudgeTop(path, isFile),
            2 when components[0] == "blobs" => isFile || components[1] != "sha256" ? EntryEvidence.RootFileSystem : EntryEvidence.Possible,
            2 when isFile && IsLayerFolder(components[0]) => components[1] is "layer.tar" or "json" or "VERSION" ? EntryEvidence.Image : EntryEvidence.RootFileSystem,
            3 when isFile && components[0] == "blobs" && components[1] == "sha256" && IsHex64(components[2]) => EntryEvidence.Image,
            _ => EntryEvidence.RootFileSystem,
        };
    }

    private static EntryEvidence JudgeTop(string name, bool isFile)
    {
        if (!isFile)
        {
            return name == "blobs" || IsLayerFolder(name) ? EntryEvidence.Possible : EntryEvidence.RootFileSystem;
        }

        if (name is "oci-layout" || IsHex64(name.StartsWith(Digest.Prefix, StringComparison.Ordinal) ? name[Digest.Prefix.Length..] : WithoutEnding(name)))
        {
            return EntryEvidence.Image;
        }

        return name is "repositories" || WithoutEnding(name).Length < name.Length ? EntryEvidence.Possible : EntryEvidence.RootFileSystem;
    }

    // Docker's digits, or the letters that some builders use in place of them.
    private static bool IsLayerFolder(string name) => name.Length is >= 32 and <= 64 && name.All(char.IsAsciiLetterOrDigit);

    private static bool IsHex64(string name) => name.Length == 64 && Digest.IsHex(name);

    private static string WithoutEnding(string name) =>
        Array.Find(Endings, ending => name.EndsWith(ending, StringComparison.Ordinal)) is { } found ? name[..^found.Length] : name;
}
