namespace Containers.Engine.Layers;

/// <summary>Splits the body of a pax extended header into its records <c>LENGTH KEY=VALUE\n</c> (POSIX pax, Extended Header). Values are bytes.</summary>
internal ref struct PaxRecords(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> rest = body;

    /// <summary>The present record's key.</summary>
    public ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>The present record's value.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Goes on to the next record.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="EngineException">InvalidData where a record is malformed.</exception>
    public bool Next()
    {
        // Some writers pad the last block within the header's size.
        if (rest.TrimStart((byte)0).IsEmpty)
        {
            return false;
        }

        int blank = rest.IndexOf((byte)' ');
        if (blank is < 1 or > 10 || !TarNumber.TryDecimal(rest[..blank], out long length) || length > rest.Length || length < blank + 4)
        {
            throw ArchiveError.Damaged("a record of a pax header has no valid length");
        }

        ReadOnlySpan<byte> record = rest[(blank + 1)..(int)length];
        int equals = record.IndexOf((byte)'=');
        if (record[^1] != (byte)'\n' || equals < 1 || record[..equals].Contains((byte)0))
        {
            throw ArchiveError.Damaged("a record of a pax header is not of the form KEY=VALUE with a line end");
        }

        Key = record[..equals];
        Value = record[(equals + 1)..^1];
        rest = rest[(int)length..];
        return true;
    }
}
