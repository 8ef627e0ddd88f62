namespace Containers.Engine.Layers;

/// <summary>The numbers of tar headers: octal digits (POSIX), base 256 (GNU), decimal (pax).</summary>
internal static class TarNumber
{
    /// <summary>Reads a header field: octal digits with blanks around, or a binary number whose first bit is set.</summary>
    /// <param name="field">The field.</param>
    /// <param name="value">The number; 0 for an empty field.</param>
    /// <returns>False where it is neither, or does not fit.</returns>
    public static bool TryField(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if (!field.IsEmpty && (field[0] & 0x80) != 0)
        {
            return TryBinary(field, out value);
        }

        field = field.TrimStart(" \0"u8);
        int end = field.IndexOfAny((byte)' ', (byte)0);
        if (end >= 0)
        {
            field = field[..end];
        }

        foreach (byte digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7' || value > long.MaxValue >> 3)
            {
                return false;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return true;
    }

    /// <summary>Reads a decimal number that is digits and nothing else.</summary>
    /// <param name="text">The digits.</param>
    /// <param name="value">The number.</param>
    /// <returns>False where it is none, or does not fit.</returns>
    public static bool TryDecimal(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.IsEmpty)
        {
            return false;
        }

        foreach (byte digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9' || value > (long.MaxValue - (digit - '0')) / 10)
            {
                return false;
            }

            value = (value * 10) + (digit - '0');
        }

        return true;
    }

    /// <summary>Reads a pax time: seconds since 1970 with an optional sign and decimals; decimals past the ninth are dropped.</summary>
    /// <param name="text">The text.</param>
    /// <param name="seconds">Whole seconds, rounded down.</param>
    /// <param name="nanoseconds">The rest, 0 to 999,999,999.</param>
    /// <returns>False where it is none, or does not fit.</returns>
    public static bool TryTime(ReadOnlySpan<byte> text, out long seconds, out int nanoseconds)
    {
        nanoseconds = 0;
        bool isNegative = text.StartsWith("-"u8);
        text = isNegative ? text[1..] : text;
        int point = text.IndexOf((byte)'.');
        if (!TryDecimal(point < 0 ? text : text[..point], out seconds))
        {
            return false;
        }

        bool hasMore = false;
        ReadOnlySpan<byte> decimals = point < 0 ? default : text[(point + 1)..];
        for (int i = 0; i < Math.Max(9, decimals.Length); i++)
        {
            int digit = i < decimals.Length ? decimals[i] - '0' : 0;
            if (digit is < 0 or > 9)
            {
                return false;
            }

            hasMore |= i >= 9 && digit != 0;
            nanoseconds = i < 9 ? (nanoseconds * 10) + digit : nanoseconds;
        }

        if (isNegative)
        {
            nanoseconds += hasMore ? 1 : 0;
            seconds = -seconds - (nanoseconds > 0 ? 1 : 0);
            nanoseconds = nanoseconds > 0 ? 1_000_000_000 - nanoseconds : 0;
        }

        return true;
    }

    // Two's complement over the whole field but its first bit, which marks the format.
    private static bool TryBinary(ReadOnlySpan<byte> field, out long value)
    {
        bool isNegative = (field[0] & 0x40) != 0;
        value = isNegative ? -1 : 0;
        for (int i = 0; i < field.Length; i++)
        {
            byte next = i == 0 ? (byte)((field[0] & 0x7f) | (isNegative ? 0x80 : 0)) : field[i];
            if (value >> 55 is not (0 or -1))
            {
                return false;
            }

            value = (value << 8) | next;
        }

        return value < 0 == isNegative;
    }
}
