using System.Buffers.Text;
using System.Text;

namespace Containers.Engine.Layers;

/// <summary>What pax headers say of an entry, in place of its own header's fields.</summary>
internal sealed class PaxAttributes
{
    private readonly Dictionary<string, ExtendedAttribute> attributes = new(StringComparer.Ordinal);
    private readonly ExtractionLimits limits;

    /// <summary>Makes an empty set.</summary>
    /// <param name="limits">The bounds.</param>
    public PaxAttributes(ExtractionLimits limits) => this.limits = limits;

    /// <summary>Makes a set that starts with what global headers said.</summary>
    /// <param name="global">The global set.</param>
    public PaxAttributes(PaxAttributes global)
        : this(global.limits)
    {
        Uid = global.Uid;
        Gid = global.Gid;
        Modified = global.Modified;
        Accessed = global.Accessed;
        attributes = new Dictionary<string, ExtendedAttribute>(global.attributes, StringComparer.Ordinal);
    }

    /// <summary>The path, or null.</summary>
    public byte[]? Path { get; set; }

    /// <summary>The link's target, or null.</summary>
    public byte[]? LinkPath { get; set; }

    /// <summary>Bytes of content in the archive, or null.</summary>
    public long? Size { get; private set; }

    /// <summary>The owner, or null.</summary>
    public long? Uid { get; private set; }

    /// <summary>The group, or null.</summary>
    public long? Gid { get; private set; }

    /// <summary>Last change, or null.</summary>
    public (long Seconds, int Nanoseconds)? Modified { get; private set; }

    /// <summary>Last access, or null.</summary>
    public (long Seconds, int Nanoseconds)? Accessed { get; private set; }

    /// <summary>A device's major number, or null.</summary>
    public long? Major { get; private set; }

    /// <summary>A device's minor number, or null.</summary>
    public long? Minor { get; private set; }

    /// <summary>What it says of a sparse file, or null.</summary>
    public PaxSparse? Sparse { get; private set; }

    /// <summary>The extended attributes.</summary>
    public IReadOnlyCollection<ExtendedAttribute> Attributes => attributes.Values;

    /// <summary>Takes over the records of a header.</summary>
    /// <param name="body">The header's body.</param>
    /// <param name="isGlobal">Whether it is for all entries that follow. It may then name neither a path nor a size, which no two entries share.</param>
    /// <exception cref="EngineException">InvalidData, LimitExceeded.</exception>
    public void Apply(ReadOnlySpan<byte> body, bool isGlobal)
    {
        var records = new PaxRecords(body);
        while (records.Next())
        {
            ApplyRecord(records.Key, records.Value, isGlobal);
        }
    }

    private void ApplyRecord(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isGlobal)
    {
        if (key.StartsWith("SCHILY.xattr."u8))
        {
            // GNU tar escapes the two characters that the form KEY=VALUE cannot hold or that the escape itself needs.
            AddAttribute(Unescape(key["SCHILY.xattr.".Length..], "%3D", "%25"), value.ToArray());
            return;
        }

        if (key.StartsWith("LIBARCHIVE.xattr."u8))
        {
            AddEncodedAttribute(key["LIBARCHIVE.xattr.".Length..], value);
            return;
        }

        string name = Encoding.UTF8.GetString(key);
        if (isGlobal && (name is "path" or "linkpath" or "size" || name.StartsWith("GNU.sparse.", StringComparison.Ordinal)))
        {
            throw ArchiveError.Damaged($"a global pax header gives all entries the same '{name}'");
        }

        if (name.StartsWith("GNU.sparse.", StringComparison.Ordinal))
        {
            (Sparse ??= new PaxSparse(limits)).Apply(name, value);
            return;
        }

        // An empty value takes back what a header before said; the entry's own field counts again.
        switch (name)
        {
            case "path":
                Path = value.IsEmpty ? null : value.ToArray();
                break;
            case "linkpath":
                LinkPath = value.IsEmpty ? null : value.ToArray();
                break;
            case "size":
                Size = Number(name, value);
                break;
            case "uid":
                Uid = Number(name, value);
                break;
            case "gid":
                Gid = Number(name, value);
                break;
            case "mtime":
                Modified = Time(name, value);
                break;
            case "atime":
                Accessed = Time(name, value);
                break;
            case "SCHILY.devmajor":
                Major = Number(name, value);
                break;
            case "SCHILY.devminor":
                Minor = Number(name, value);
                break;
            case "SCHILY.realsize":
                throw new EngineException(EngineErrorReason.NotSupported, "archive", "The archive has sparse files in the format of star, which the engine does not read. Make it with GNU tar or bsdtar.");
        }

        // The rest says nothing that is restored: comment, ctime, hdrcharset (names are bytes here, whatever they mean), uname and gname
        // (the numbers count), ACLs as text, labels of other systems.
    }

    private static long? Number(string key, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return null;
        }

        return TarNumber.TryDecimal(value, out long number) ? number
            : throw ArchiveError.Damaged($"the pax header's {key} '{EntryName.Show(value)}' is not a number in range");
    }

    private static (long Seconds, int Nanoseconds)? Time(string key, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return null;
        }

        return TarNumber.TryTime(value, out long seconds, out int nanoseconds) ? (seconds, nanoseconds)
            : throw ArchiveError.Damaged($"the pax header's {key} '{EntryName.Show(value)}' is not a time in range");
    }

    private void AddAttribute(byte[] name, byte[] value)
    {
        if (value.Length > limits.MaximumAttributeBytes)
        {
            throw ArchiveError.Limit($"the extended attribute '{EntryName.Show(name)}' is longer than {limits.MaximumAttributeBytes} bytes");
        }

        if (name.Length is 0 or > 255 || name.Contains((byte)0))
        {
            throw ArchiveError.Damaged($"the extended attribute's name '{EntryName.Show(name)}' is empty, longer than 255 bytes, or holds a NUL");
        }

        // Latin-1 maps bytes to characters one to one: names that are not UTF-8 stay apart.
        attributes[Encoding.Latin1.GetString(name)] = new ExtendedAttribute(name, value);
        if (attributes.Count > limits.MaximumAttributes)
        {
            throw ArchiveError.Limit($"an entry has more than {limits.MaximumAttributes} extended attributes");
        }
    }

    // libarchive writes the name with %XX escapes and the value in base64, often without the padding. bsdtar writes SCHILY.xattr beside it.
    private void AddEncodedAttribute(ReadOnlySpan<byte> encodedName, ReadOnlySpan<byte> encodedValue)
    {
        byte[] name = Unescape(encodedName);
        byte[] padded = new byte[(encodedValue.Length + 3) / 4 * 4];
        padded.AsSpan().Fill((byte)'=');
        encodedValue.CopyTo(padded);
        byte[] value = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        if (Base64.DecodeFromUtf8(padded, value, out _, out int written) != System.Buffers.OperationStatus.Done)
        {
            throw ArchiveError.Damaged($"the extended attribute '{EntryName.Show(encodedName)}' is not base64");
        }

        AddAttribute(name, value[..written]);
    }

    private static byte[] Unescape(ReadOnlySpan<byte> text, params ReadOnlySpan<string> known)
    {
        byte[] plain = new byte[text.Length];
        int length = 0;
        for (int i = 0; i < text.Length; i++, length++)
        {
            plain[length] = text[i];
            if (text[i] == '%' && i + 2 < text.Length
                && Utf8Parser.TryParse(text.Slice(i + 1, 2), out byte escaped, out int used, 'x') && used == 2
                && (known.IsEmpty || known.Contains(Encoding.ASCII.GetString(text.Slice(i, 3)))))
            {
                plain[length] = escaped;
                i += 2;
            }
        }

        return plain[..length];
    }
}
