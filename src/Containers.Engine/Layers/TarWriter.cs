using System.Text;
using System.Text.Unicode;

namespace Containers.Engine.Layers;

/// <summary>
/// Writes the entries of a tar archive: POSIX ustar, and a pax header before an entry that ustar cannot hold (long or large, times with fractions, extended
/// attributes). The same entries make the same bytes: no name of this machine, no time, no process is in them. Sparse files are
/// written in GNU's format 1.0, whose map stands before the content.
/// </summary>
/// <param name="output">Where to; stays the caller's.</param>
internal sealed class TarWriter(Stream output)
{
    private const int BlockSize = TarHeader.BlockSize;
    private static readonly byte[] Zeros = new byte[2 * BlockSize];
    private readonly byte[] block = new byte[BlockSize];
    private readonly PaxRecordWriter records = new();
    private long contentLeft;
    private int padding;

    /// <summary>Begins an entry. The content of a regular file, <see cref="TarEntry.StoredSize"/> bytes, is then given to <see cref="WriteContent"/>.</summary>
    /// <param name="entry">
    /// The entry. A folder's name gets a closing slash. Of a sparse file the <see cref="TarEntry.Pieces"/> say where the stored bytes belong. A last access
    /// is not written.
    /// </param>
    /// <exception cref="InvalidOperationException">Content of the entry before is missing.</exception>
    public void Begin(TarEntry entry)
    {
        if (contentLeft > 0)
        {
            throw new InvalidOperationException($"The entry before lacks {contentLeft} bytes.");
        }

        byte[] map = entry.Pieces is null ? [] : MapOf(entry.Pieces);
        long size = entry.Kind == TarEntryKind.Regular ? map.Length + entry.StoredSize : 0;
        records.Clear();
        var header = new TarHeaderBlock(block);
        header.Begin(TypeOf(entry.Kind));
        SetNames(header, entry);
        SetNumbers(header, entry, size);
        foreach (ExtendedAttribute attribute in entry.Attributes)
        {
            records.Add([.. "SCHILY.xattr."u8, .. Escape(attribute.Name)], attribute.Value);
        }

        header.Finish();
        WriteExtendedHeader();
        output.Write(block);
        output.Write(map);
        contentLeft = size - map.Length;
        padding = (int)(-size & (BlockSize - 1));
        if (contentLeft == 0)
        {
            Pad();
        }
    }

    /// <summary>Writes on with the entry's content.</summary>
    /// <param name="bytes">The next bytes.</param>
    /// <exception cref="InvalidOperationException">They are more than were announced.</exception>
    public void WriteContent(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > contentLeft)
        {
            throw new InvalidOperationException($"The entry has {bytes.Length - contentLeft} bytes more than it was said to have.");
        }

        if (bytes.IsEmpty)
        {
            return;
        }

        output.Write(bytes);
        contentLeft -= bytes.Length;
        if (contentLeft == 0)
        {
            Pad();
        }
    }

    /// <summary>Writes the archive's end.</summary>
    /// <exception cref="InvalidOperationException">Content of the last entry is missing.</exception>
    public void Finish()
    {
        if (contentLeft > 0)
        {
            throw new InvalidOperationException($"The last entry lacks {contentLeft} bytes.");
        }

        output.Write(Zeros);
    }

    private static byte TypeOf(TarEntryKind kind) => kind switch
    {
        TarEntryKind.Regular => (byte)'0',
        TarEntryKind.HardLink => (byte)'1',
        TarEntryKind.Symlink => (byte)'2',
        TarEntryKind.CharacterDevice => (byte)'3',
        TarEntryKind.BlockDevice => (byte)'4',
        TarEntryKind.Folder => (byte)'5',
        TarEntryKind.Fifo => (byte)'6',
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, message: null),
    };

    private void SetNames(in TarHeaderBlock header, TarEntry entry)
    {
        byte[] name = entry.Kind == TarEntryKind.Folder && !entry.Name.AsSpan().EndsWith("/"u8) ? [.. entry.Name, (byte)'/'] : entry.Name;
        bool isSparse = entry.Pieces is not null;

        // Readers that know no sparse files unpack the map with the content under this other name.
        bool hasName = header.TrySetName(isSparse ? "GNUSparseFile.0/file"u8 : name) && !isSparse;
        bool hasLinkName = header.TrySetLinkName(entry.LinkName);

        // Values of pax are UTF-8 unless this says otherwise; names of files need not be.
        if ((!hasName && !Utf8.IsValid(name)) || (!hasLinkName && !Utf8.IsValid(entry.LinkName)))
        {
            records.Add("hdrcharset"u8, "BINARY"u8);
        }

        if (isSparse)
        {
            records.Add("GNU.sparse.major"u8, 1);
            records.Add("GNU.sparse.minor"u8, 0);
            records.Add("GNU.sparse.name"u8, name);
            records.Add("GNU.sparse.realsize"u8, entry.Size);
        }
        else if (!hasName)
        {
            records.Add("path"u8, name);
        }

        if (!hasLinkName)
        {
            records.Add("linkpath"u8, entry.LinkName);
        }
    }

    private void SetNumbers(in TarHeaderBlock header, TarEntry entry, long size)
    {
        header.SetMode(entry.Mode);
        if (!header.TrySetUid(entry.Uid))
        {
            records.Add("uid"u8, entry.Uid);
        }

        if (!header.TrySetGid(entry.Gid))
        {
            records.Add("gid"u8, entry.Gid);
        }

        if (!header.TrySetSize(size))
        {
            records.Add("size"u8, size);
        }

        if (!header.TrySetModified(entry.Times.ModifiedSeconds) || entry.Times.ModifiedNanoseconds != 0)
        {
            records.AddTime("mtime"u8, entry.Times.ModifiedSeconds, entry.Times.ModifiedNanoseconds);
        }

        if (entry.Kind is TarEntryKind.CharacterDevice or TarEntryKind.BlockDevice)
        {
            header.SetDevice(entry.Major, entry.Minor);
        }
    }

    private void WriteExtendedHeader()
    {
        ReadOnlySpan<byte> body = records.Body;
        if (body.IsEmpty)
        {
            return;
        }

        Span<byte> own = stackalloc byte[BlockSize];
        var header = new TarHeaderBlock(own);
        header.Begin((byte)'x');
        _ = header.TrySetName("PaxHeaders.0/entry"u8);
        header.SetMode(0x1A4);
        _ = header.TrySetUid(0);
        _ = header.TrySetGid(0);
        _ = header.TrySetSize(body.Length);
        _ = header.TrySetModified(0);
        header.Finish();
        output.Write(own);
        output.Write(body);
        output.Write(Zeros.AsSpan(0, -body.Length & (BlockSize - 1)));
    }

    // GNU tar escapes an equals sign, which would end the key, and the escape itself; readers that do not know this get all other names right.
    private static byte[] Escape(byte[] name)
    {
        if (!name.AsSpan().ContainsAny((byte)'=', (byte)'%'))
        {
            return name;
        }

        var escaped = new List<byte>(name.Length + 4);
        for (int i = 0; i < name.Length; i++)
        {
            ReadOnlySpan<byte> rest = name.AsSpan(i);
            if (rest[0] == '=')
            {
                escaped.AddRange("%3D"u8);
            }
            else if (rest.StartsWith("%3D"u8) || rest.StartsWith("%25"u8))
            {
                escaped.AddRange("%25"u8);
            }
            else
            {
                escaped.Add(rest[0]);
            }
        }

        return [.. escaped];
    }

    private static byte[] MapOf(IReadOnlyList<SparsePiece> pieces)
    {
        var text = new StringBuilder().Append(pieces.Count).Append('\n');
        foreach (SparsePiece piece in pieces)
        {
            text.Append(piece.Offset).Append('\n').Append(piece.Length).Append('\n');
        }

        byte[] map = new byte[(text.Length + BlockSize - 1) & -BlockSize];
        _ = Encoding.ASCII.GetBytes(text.ToString(), map);
        return map;
    }

    private void Pad() => output.Write(Zeros.AsSpan(0, padding));
}
