using System.Globalization;
using System.Text;
using CsCheck;

namespace Containers.Init;

public sealed unsafe class LogTimeTests
{
    [Theory]
    [InlineData(0, 0, "1970-01-01T00:00:00Z")]
    [InlineData(951782400, 1, "2000-02-29T00:00:00.000000001Z")]
    [InlineData(4107542399, 120000000, "2100-02-28T23:59:59.12Z")]
    [InlineData(4107542400, 999999999, "2100-03-01T00:00:00.999999999Z")]
    [InlineData(253402300799, 0, "9999-12-31T23:59:59Z")]
    [InlineData(-5, 0, "1970-01-01T00:00:00Z")]
    public void A_time_is_written_as_RFC_3339_without_trailing_zeros(long seconds, long nanoseconds, string expected) =>
        Assert.Equal(expected, Format(seconds, nanoseconds));

    [Fact]
    public void Every_second_until_the_year_9999_is_the_same_as_in_the_framework()
    {
        Gen.Select(Gen.Long[0, 253402300799], Gen.Int[0, 9999999]).Sample((seconds, ticks) =>
        {
            DateTime time = DateTime.UnixEpoch.AddSeconds(seconds).AddTicks(ticks);
            return Format(seconds, ticks * 100L) == time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
        });
    }

    [Fact]
    public void The_longest_text_fits_its_room() =>
        Assert.InRange(Format(253402300800L * 90, 999999999).Length, 30, LogTime.MaxLength);

    private static string Format(long seconds, long nanoseconds)
    {
        byte* text = stackalloc byte[LogTime.MaxLength];
        return Encoding.ASCII.GetString(text, LogTime.Format(text, seconds, nanoseconds));
    }
}
