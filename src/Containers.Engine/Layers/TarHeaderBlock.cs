namespace Containers.Engine.Layers;

/// <summary>Fills one header block of POSIX ustar. What does not fit into a field is left zero, for a pax record to say.</summary>
/// <param name="block">512 bytes.</param>
internal readonly ref struct TarHeaderBlock(Span<byte> block)
{
    private const int LongestName = 100, LongestPrefix = 155;
    private readonly Span<byte> block = block;

    /// <summary>Empties the block and marks it as ustar.</summary>
    /// <param name="type">The entry's type character.</param>
    public void Begin(byte type)
    {
        block.Clear();
        block[156] = type;
        "ustar\000"u8.CopyTo(block[257..]);
    }

    /// <summary>Sets the name, split between name and prefix where it is longer than 100 bytes.</summary>
    /// <param name="name">The name.</param>
    /// <returns>False where it does not fit.</returns>
    public bool TrySetName(ReadOnlySpan<byte> name)
    {
        if (name.Length <= LongestName)
        {
            name.CopyTo(block);
            return true;
        }

        // The first slash that leaves a rest short enough leaves the shortest prefix too; a folder's closing one splits nothing off.
        int start = name.Length - LongestName - 1;
        int slash = name[start..^1].IndexOf((byte)'/');
        if (slash < 0 || start + slash is < 1 or > LongestPrefix)
        {
            return false;
        }

        name[..(start + slash)].CopyTo(block[345..]);
        name[(start + slash + 1)..].CopyTo(block);
        return true;
    }

    /// <summary>Sets what a link says.</summary>
    /// <param name="target">The link's text or target.</param>
    /// <returns>False where it does not fit.</returns>
    public bool TrySetLinkName(ReadOnlySpan<byte> target) => target.Length <= LongestName && target.TryCopyTo(block[157..]);

    /// <summary>Sets the permission bits.</summary>
    /// <param name="mode">At most 07777.</param>
    public void SetMode(int mode) => _ = TrySetNumber(100, 8, mode);

    /// <summary>Sets the owner.</summary>
    /// <param name="uid">The number.</param>
    /// <returns>False where it does not fit.</returns>
    public bool TrySetUid(uint uid) => TrySetNumber(108, 8, uid);

    /// <summary>Sets the group.</summary>
    /// <param name="gid">The number.</param>
    /// <returns>False where it does not fit.</returns>
    public bool TrySetGid(uint gid) => TrySetNumber(116, 8, gid);

    /// <summary>Sets the bytes of content.</summary>
    /// <param name="size">The number.</param>
    /// <returns>False where it does not fit.</returns>
    public bool TrySetSize(long size) => TrySetNumber(124, 12, size);

    /// <summary>Sets the time of the last change.</summary>
    /// <param name="seconds">Seconds since 1970.</param>
    /// <returns>False where it does not fit.</returns>
    public bool TrySetModified(long seconds) => TrySetNumber(136, 12, seconds);

    /// <summary>Sets a device's number.</summary>
    /// <param name="major">Its major number.</param>
    /// <param name="minor">Its minor number.</param>
    public void SetDevice(uint major, uint minor)
    {
        _ = TrySetNumber(329, 8, major);
        _ = TrySetNumber(337, 8, minor);
    }

    /// <summary>Sets the checksum; nothing may be set after it.</summary>
    public void Finish()
    {
        Span<byte> checksum = block.Slice(148, 8);
        checksum.Fill((byte)' ');
        int sum = 0;
        foreach (byte value in block)
        {
            sum += value;
        }

        _ = TrySetNumber(148, 7, sum);
    }

    // Octal digits with a NUL after them.
    private bool TrySetNumber(int offset, int size, long number)
    {
        Span<byte> digits = block.Slice(offset, size - 1);
        bool fits = number >= 0 && number >> (3 * digits.Length) == 0;
        number = fits ? number : 0;
        for (int i = digits.Length - 1; i >= 0; i--)
        {
            digits[i] = (byte)('0' + (number & 7));
            number >>= 3;
        }

        block[offset + size - 1] = 0;
        return fits;
    }
}
