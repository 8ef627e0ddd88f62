using System;

namespace Containers.Init;

/// <summary>Bytes as text: NUL-terminated strings and decimal numbers.</summary>
internal static unsafe class Text
{
    /// <summary>A u8 literal as a C string; it is constant data of the image and never moves.</summary>
    internal static byte* Z(ReadOnlySpan<byte> literal)
    {
        fixed (byte* p = literal)
        {
            return p;
        }
    }

    internal static int Length(byte* text)
    {
        int length = 0;
        while (text[length] != 0)
        {
            length++;
        }

        return length;
    }

    internal static bool Same(byte* a, int aLength, byte* b, int bLength)
    {
        if (aLength != bLength)
        {
            return false;
        }

        for (int i = 0; i < aLength; i++)
        {
            if (a[i] != b[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Copies bytes; the areas do not overlap.</summary>
    internal static void Copy(byte* to, byte* from, int count)
    {
        for (int i = 0; i < count; i++)
        {
            to[i] = from[i];
        }
    }

    /// <summary>Appends a C string and gives the new end. No NUL is written.</summary>
    internal static byte* Append(byte* end, byte* text)
    {
        while (*text != 0)
        {
            *end++ = *text++;
        }

        return end;
    }

    /// <summary>Appends a number in decimal and gives the new end: at most 20 bytes.</summary>
    internal static byte* AppendNumber(byte* end, long number)
    {
        ulong rest = (ulong)number;
        if (number < 0)
        {
            *end++ = (byte)'-';
            rest = 0 - rest;
        }

        byte* digits = stackalloc byte[20];
        int count = 0;
        do
        {
            digits[count++] = (byte)('0' + (rest % 10));
            rest /= 10;
        }
        while (rest != 0);

        while (count > 0)
        {
            *end++ = digits[--count];
        }

        return end;
    }

    /// <summary>A C string of decimal digits alone, at most <paramref name="max"/>; -1 for anything else.</summary>
    internal static long ParseNumber(byte* text, long max = int.MaxValue) => ParseNumber(text, Length(text), max);

    /// <summary>Decimal digits alone, at most <paramref name="max"/>; -1 for anything else, also for a larger number.</summary>
    internal static long ParseNumber(byte* text, int length, long max)
    {
        if (length is 0 or > 18)
        {
            return -1;
        }

        long number = 0;
        for (int i = 0; i < length; i++)
        {
            if (text[i] is < (byte)'0' or > (byte)'9')
            {
                return -1;
            }

            number = (number * 10) + (text[i] - '0');
        }

        return number <= max ? number : -1;
    }

    internal static void Complain(ReadOnlySpan<byte> literal)
    {
        byte* text = Z(literal);
        Sys.Call(SysNr.Write, 2, (long)text, Length(text));
        Sys.Call(SysNr.Write, 2, (long)Z("\n"u8), 1);
    }
}
