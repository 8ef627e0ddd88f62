using System.Buffers.Text;
using System.Text;

namespace Containers.Engine.Layers;

/// <summary>Gathers the records <c>LENGTH KEY=VALUE\n</c> of one pax extended header (POSIX pax, Extended Header), in the order in which they are added.</summary>
internal sealed class PaxRecordWriter
{
    private byte[] body = new byte[512];
    private int length;

    /// <summary>The header's body so far.</summary>
    public ReadOnlySpan<byte> Body => body.AsSpan(0, length);

    /// <summary>Begins another header.</summary>
    public void Clear() => length = 0;

    /// <summary>Adds a record.</summary>
    /// <param name="key">Its key, without an equals sign.</param>
    /// <param name="value">Its value: any bytes.</param>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // The length counts its own digits.
        int rest = key.Length + value.Length + " =\n".Length;
        int total = rest + 1;
        while (total != rest + Digits(total))
        {
            total = rest + Digits(total);
        }

        if (body.Length - length < total)
        {
            Array.Resize(ref body, Math.Max(body.Length * 2, length + total));
        }

        Span<byte> record = body.AsSpan(length, total);
        _ = Utf8Formatter.TryFormat(total, record, out int digits);
        record[digits] = (byte)' ';
        key.CopyTo(record[(digits + 1)..]);
        record[digits + 1 + key.Length] = (byte)'=';
        value.CopyTo(record[(digits + 2 + key.Length)..]);
        record[^1] = (byte)'\n';
        length += total;
    }

    /// <summary>Adds a number in decimal digits.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">The number.</param>
    public void Add(ReadOnlySpan<byte> key, long value)
    {
        Span<byte> digits = stackalloc byte[20];
        _ = Utf8Formatter.TryFormat(value, digits, out int used);
        Add(key, digits[..used]);
    }

    /// <summary>Adds a time: seconds since 1970 with as many decimals as are not zero.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="seconds">Whole seconds, rounded down.</param>
    /// <param name="nanoseconds">The rest, 0 to 999,999,999.</param>
    public void AddTime(ReadOnlySpan<byte> key, long seconds, int nanoseconds)
    {
        // Before 1970 the sign is the whole number's: 2 seconds before and a quarter after that are -1.75.
        bool isNegative = seconds < 0;
        if (isNegative && nanoseconds > 0)
        {
            seconds++;
            nanoseconds = 1_000_000_000 - nanoseconds;
        }

        string text = $"{(isNegative ? "-" : string.Empty)}{Math.Abs(seconds)}.{nanoseconds:D9}".TrimEnd('0').TrimEnd('.');
        Add(key, Encoding.ASCII.GetBytes(text));
    }

    private static int Digits(int number)
    {
        int digits = 1;
        while ((number /= 10) > 0)
        {
            digits++;
        }

        return digits;
    }
}
