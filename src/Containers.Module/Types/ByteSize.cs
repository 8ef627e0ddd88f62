using System.Globalization;

namespace Containers;

/// <summary>
/// A number of bytes. Read from a number, as PowerShell's own 512MB is one, or from text with docker's suffixes
/// (<c>512m</c>, <c>1.5g</c>, <c>64KiB</c>); every suffix is a power of 1024.
/// </summary>
/// <param name="Bytes">The bytes, 0 or more.</param>
public readonly record struct ByteSize(long Bytes) : IComparable<ByteSize>
{
    private const string Units = "bkmgtpe";

    /// <summary>Reads a size: digits, an optional fraction, an optional suffix b, k, m, g, t, p or e, with or without b or ib.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The size.</returns>
    /// <exception cref="FormatException">It is no size, is negative, is no whole number of bytes, or is beyond 2^63 - 1.</exception>
    public static ByteSize Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.AsSpan().Trim();
        var digits = trimmed.TrimEnd("bBiIkKmMgGtTpPeE");
        var suffix = trimmed[digits.Length..].ToString().ToLowerInvariant();
        var power = suffix.Length == 0 ? 0 : Units.IndexOf(suffix[0], StringComparison.Ordinal);
        var wellFormed = power >= 0 && suffix[Math.Min(1, suffix.Length)..] is "" or "b" or "ib" && suffix is not ("bb" or "bib");
        if (!wellFormed
            || !decimal.TryParse(digits.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            throw new FormatException($"'{text}' is no size: write a number of bytes (512MB) or text with a suffix ('512m', '1.5g').");
        }

        return FromNumber(number, 1L << (10 * power), text);
    }

    /// <summary>Makes a size of a number of bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>The size.</returns>
    /// <exception cref="FormatException">It is negative, no whole number, or beyond 2^63 - 1.</exception>
    public static ByteSize FromNumber(decimal bytes) => FromNumber(bytes, 1, bytes.ToString(CultureInfo.InvariantCulture));

    private static ByteSize FromNumber(decimal number, decimal unit, string text)
    {
        if (number < 0)
        {
            throw new FormatException($"'{text}' is no size: it must be 0 or more.");
        }

        // The quotient, since the product of a long number and the unit would leave decimal's range.
        if (number > long.MaxValue / unit)
        {
            throw new FormatException($"'{text}' is too large: a size is at most {long.MaxValue} bytes.");
        }

        var bytes = number * unit;
        if (bytes != decimal.Truncate(bytes))
        {
            throw new FormatException($"'{text}' is no whole number of bytes.");
        }

        return new ByteSize((long)bytes);
    }

    /// <summary>The bytes.</summary>
    /// <param name="size">The size.</param>
    public static implicit operator long(ByteSize size) => size.Bytes;

    /// <inheritdoc/>
    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    /// <summary>A short text for people: <c>1.5 GiB</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        if (Bytes < 1024)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{Bytes} B");
        }

        var value = (double)Bytes;
        var unit = 0;
        // 1023.95 would be printed as 1024.0 of the smaller unit.
        while (value >= 1023.95 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {char.ToUpperInvariant(Units[unit])}iB");
    }
}
