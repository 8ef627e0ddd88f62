namespace Containers.Init;

/// <summary>Time as Go's RFC3339Nano has it: UTC, the fraction without trailing zeros.</summary>
internal static unsafe class LogTime
{
    /// <summary>Room that <see cref="Format"/> needs at most: <c>2026-11-23T22:22:22.123456789Z</c> and two digits for later years.</summary>
    public const int MaxLength = 32;

    private const int SecondsPerDay = 86400;
    private const int DaysPerEra = 146097;
    private const int DaysBeforeEpoch = 719468;

    /// <summary>Writes the time.</summary>
    /// <param name="to">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="seconds">Since 1970; a negative one is taken for 0.</param>
    /// <param name="nanoseconds">0 to 999,999,999.</param>
    /// <returns>The number of bytes.</returns>
    public static int Format(byte* to, long seconds, long nanoseconds)
    {
        if (seconds < 0)
        {
            seconds = 0;
        }

        long days = seconds / SecondsPerDay;
        int second = (int)(seconds - (days * SecondsPerDay));

        // Years are counted from March, so that the leap day is a year's last, in eras of 400 years, which all have the same days.
        days += DaysBeforeEpoch;
        long era = days / DaysPerEra;
        int dayOfEra = (int)(days - (era * DaysPerEra));
        int yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36524) - (dayOfEra / 146096)) / 365;
        int dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        int marchMonth = ((5 * dayOfYear) + 2) / 153;
        int day = dayOfYear - (((153 * marchMonth) + 2) / 5) + 1;
        int month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
        long year = (era * 400) + yearOfEra + (month <= 2 ? 1 : 0);

        int n = Digits(to, year, year > 9999 ? 6 : 4);
        to[n++] = (byte)'-';
        n += Digits(to + n, month, 2);
        to[n++] = (byte)'-';
        n += Digits(to + n, day, 2);
        to[n++] = (byte)'T';
        n += Digits(to + n, second / 3600, 2);
        to[n++] = (byte)':';
        n += Digits(to + n, second / 60 % 60, 2);
        to[n++] = (byte)':';
        n += Digits(to + n, second % 60, 2);
        if (nanoseconds != 0)
        {
            to[n++] = (byte)'.';
            n += Digits(to + n, nanoseconds, 9);
            while (to[n - 1] == (byte)'0')
            {
                n--;
            }
        }

        to[n++] = (byte)'Z';
        return n;
    }

    private static int Digits(byte* to, long value, int count)
    {
        for (int i = count - 1; i >= 0; i--)
        {
            to[i] = (byte)('0' + (value % 10));
            value /= 10;
        }

        return count;
    }
}
