namespace Containers.Init;

/// <summary>
/// Bytes as the inside of a JSON string, escaped as Docker's json-file driver does: quotation mark and backslash with a backslash,
/// <c>\n</c> and <c>\r</c>, other control characters and <c>&lt; &gt; &amp;</c> as <c>\u00XX</c>, U+2028 and U+2029 as <c>\u202X</c>,
/// and <c>\ufffd</c> for each byte that is no part of valid UTF-8. Every other byte stays as it is.
/// </summary>
internal static unsafe class JsonText
{
    /// <summary>The most bytes that one byte becomes.</summary>
    public const int MaxGrowth = 6;

    /// <summary>What <see cref="SequenceLength"/> returns where the bytes end inside a sequence that is valid so far.</summary>
    public const int Incomplete = -1;

    /// <summary>The length of the UTF-8 sequence at <paramref name="text"/> (RFC 3629: shortest form, no surrogates, at most U+10FFFF).</summary>
    /// <param name="text">Where it starts.</param>
    /// <param name="available">The bytes there; at least 1.</param>
    /// <returns>1 to 4; 0 where the first byte starts nothing valid; <see cref="Incomplete"/>.</returns>
    public static int SequenceLength(byte* text, int available)
    {
        byte first = text[0];
        if (first < 0x80)
        {
            return 1;
        }

        int length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
        if (length == 0)
        {
            return 0;
        }

        // The second byte's range keeps out overlong forms, surrogates and what lies beyond U+10FFFF.
        int low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        int high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        for (int i = 1; i < length; i++)
        {
            if (i == available)
            {
                return Incomplete;
            }

            if (text[i] < low || text[i] > high)
            {
                return 0;
            }

            low = 0x80;
            high = 0xBF;
        }

        return length;
    }

    /// <summary>How many bytes at the end are the start of a UTF-8 sequence that more bytes could complete.</summary>
    /// <param name="text">The bytes.</param>
    /// <param name="length">Their number.</param>
    /// <returns>0 to 3.</returns>
    public static int IncompleteTail(byte* text, int length)
    {
        for (int tail = 1; tail <= 3 && tail <= length; tail++)
        {
            byte b = text[length - tail];
            if (b >= 0xC0)
            {
                return SequenceLength(text + length - tail, tail) == Incomplete ? tail : 0;
            }

            if (b < 0x80)
            {
                return 0;
            }
        }

        return 0;
    }

    /// <summary>The number of bytes that <see cref="Put"/> writes.</summary>
    /// <param name="text">The bytes.</param>
    /// <param name="length">Their number.</param>
    /// <returns>The encoded size.</returns>
    public static int EncodedLength(byte* text, int length)
    {
        int size = 0;
        for (int i = 0; i < length;)
        {
            byte b = text[i];
            if (b < 0x80)
            {
                size += IsPlain(b) ? 1 : HasShortEscape(b) ? 2 : 6;
                i++;
                continue;
            }

            int sequence = SequenceLength(text + i, length - i);
            if (sequence <= 0)
            {
                size += 6;
                i++;
                continue;
            }

            size += IsLineSeparator(text + i, sequence) ? 6 : sequence;
            i += sequence;
        }

        return size;
    }

    /// <summary>Encodes the bytes into the log's output.</summary>
    /// <param name="log">The log.</param>
    /// <param name="text">The bytes.</param>
    /// <param name="length">Their number.</param>
    public static void Put(LogState* log, byte* text, int length)
    {
        for (int i = 0; i < length;)
        {
            byte b = text[i];
            if (b < 0x80)
            {
                if (IsPlain(b))
                {
                    LogFile.Put(log, b);
                }
                else
                {
                    PutEscape(log, b);
                }

                i++;
                continue;
            }

            int sequence = SequenceLength(text + i, length - i);
            if (sequence <= 0)
            {
                LogFile.Put(log, "\\ufffd"u8);
                i++;
                continue;
            }

            if (IsLineSeparator(text + i, sequence))
            {
                LogFile.Put(log, "\\u202"u8);
                LogFile.Put(log, Hex(text[i + 2] & 0xF));
            }
            else
            {
                for (int k = 0; k < sequence; k++)
                {
                    LogFile.Put(log, text[i + k]);
                }
            }

            i += sequence;
        }
    }

    private static void PutEscape(LogState* log, byte b)
    {
        LogFile.Put(log, (byte)'\\');
        if (HasShortEscape(b))
        {
            LogFile.Put(log, b == (byte)'\n' ? (byte)'n' : b == (byte)'\r' ? (byte)'r' : b);
            return;
        }

        LogFile.Put(log, "u00"u8);
        LogFile.Put(log, Hex(b >> 4));
        LogFile.Put(log, Hex(b & 0xF));
    }

    private static bool IsPlain(byte b) =>
        b >= 0x20 && b != (byte)'"' && b != (byte)'\\' && b != (byte)'<' && b != (byte)'>' && b != (byte)'&';

    private static bool HasShortEscape(byte b) => b == (byte)'\n' || b == (byte)'\r' || b == (byte)'"' || b == (byte)'\\';

    /// <summary>U+2028 and U+2029: valid in JSON but not in JavaScript's strings, so Docker escapes them.</summary>
    private static bool IsLineSeparator(byte* text, int sequence) =>
        sequence == 3 && text[0] == 0xE2 && text[1] == 0x80 && (text[2] & 0xFE) == 0xA8;

    private static byte Hex(int digit) => (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);
}
