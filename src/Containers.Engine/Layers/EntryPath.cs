namespace Containers.Engine.Layers;

/// <summary>An entry's path, checked and brought to its plain form: components joined by single slashes, relative to the root.</summary>
internal readonly ref struct EntryPath
{
    private const int LongestComponent = 255;

    private EntryPath(ReadOnlySpan<byte> full, ReadOnlySpan<byte> parent, ReadOnlySpan<byte> name)
    {
        Full = full;
        Parent = parent;
        Name = name;
    }

    private EntryPath(ReadOnlySpan<byte> full)
    {
        Full = full;
        int slash = full.LastIndexOf((byte)'/');
        Parent = slash < 0 ? default : full[..slash];
        Name = full[(slash + 1)..];
    }

    /// <summary>The whole path; empty for the root.</summary>
    public ReadOnlySpan<byte> Full { get; }

    /// <summary>The folder's path; empty for the root.</summary>
    public ReadOnlySpan<byte> Parent { get; }

    /// <summary>The last component; empty for the root.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>Whether it is the root itself.</summary>
    public bool IsRoot => Full.IsEmpty;

    /// <summary>
    /// Checks a path. <c>.</c> and empty components are dropped. An absolute path is refused, and a <c>..</c> even where it would stay inside: archivers
    /// write neither unless told, and what they mean depends on who unpacks.
    /// </summary>
    /// <param name="path">The path as the archive has it.</param>
    /// <param name="entry">The entry's name for messages, which is the path itself or that of the link it belongs to.</param>
    /// <param name="limits">The bounds.</param>
    /// <returns>The path.</returns>
    /// <exception cref="EngineException">InvalidData.</exception>
    public static EntryPath Parse(ReadOnlySpan<byte> path, ReadOnlySpan<byte> entry, ExtractionLimits limits)
    {
        if (path.IsEmpty)
        {
            throw ArchiveError.Refused(entry, "a path of it is empty");
        }

        if (path[0] == (byte)'/')
        {
            throw ArchiveError.Refused(entry, "its path is absolute. Make the archive with relative names: tar -C FOLDER -cf ARCHIVE .");
        }

        if (path.Length > limits.MaximumPathBytes)
        {
            throw ArchiveError.Refused(entry, $"its path has {path.Length} bytes, more than {limits.MaximumPathBytes}");
        }

        if (path.Contains((byte)0))
        {
            throw ArchiveError.Refused(entry, "its path holds a NUL");
        }

        byte[] plain = new byte[path.Length];
        int length = 0;
        foreach (Range range in path.Split((byte)'/'))
        {
            ReadOnlySpan<byte> component = path[range];
            if (component.IsEmpty || component.SequenceEqual("."u8))
            {
                continue;
            }

            if (component.SequenceEqual(".."u8))
            {
                throw ArchiveError.Refused(entry, "its path holds '..', which could lead out of the root");
            }

            // A whiteout is no file: the name it hides may be as long as a file's.
            if (component.Length > LongestComponent && !(component.StartsWith(Whiteouts.Prefix) && component.Length <= LongestComponent + Whiteouts.Prefix.Length))
            {
                throw ArchiveError.Refused(entry, $"a component of its path has {component.Length} bytes, more than {LongestComponent}");
            }

            if (length > 0)
            {
                plain[length++] = (byte)'/';
            }

            component.CopyTo(plain.AsSpan(length));
            length += component.Length;
        }

        return new EntryPath(plain.AsSpan(0, length));
    }

    /// <summary>The same path for messages, with another name in its folder.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The path.</returns>
    public EntryPath Under(ReadOnlySpan<byte> name) => new(Full, Parent, name);

    /// <summary>Whether a component starts with the given bytes.</summary>
    /// <param name="prefix">The bytes.</param>
    /// <returns>True where one does.</returns>
    public bool HasComponentStartingWith(ReadOnlySpan<byte> prefix)
    {
        foreach (Range range in Full.Split((byte)'/'))
        {
            if (Full[range].StartsWith(prefix))
            {
                return true;
            }
        }

        return false;
    }
}
