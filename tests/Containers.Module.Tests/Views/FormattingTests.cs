namespace Containers.Module.Tests.Views;

public sealed class FormattingTests
{
    [Theory]
    [InlineData(0L, "0 B")]
    [InlineData(1023L, "1023 B")]
    [InlineData(1024L, "1 KiB")]
    [InlineData(1536L, "1.5 KiB")]
    [InlineData(1048575L, "1 MiB")]
    [InlineData(1L << 30, "1 GiB")]
    [InlineData(long.MaxValue, "8 EiB")]
    [InlineData(null, "")]
    public void Sizes_are_short(long? bytes, string expected) => Assert.Equal(expected, Formatting.Size(bytes));

    [Theory]
    [InlineData(-5, "0 s")]
    [InlineData(59.9, "59 s")]
    [InlineData(60, "1 min")]
    [InlineData(7199, "1 h")]
    [InlineData(172_799, "47 h")]
    [InlineData(172_800, "2 d")]
    [InlineData(86_400 * 800, "2 y")]
    public void Durations_are_in_their_largest_unit(double seconds, string expected) =>
        Assert.Equal(expected, Formatting.Span(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void A_command_shows_its_words_apart_and_no_control_characters() =>
        Assert.Equal("sh -c 'echo a' '' 'it''s b' ?[31m", Formatting.Command(["sh", "-c", "echo a", "", "it's b", "\u001b[31m"]));

    [Fact]
    public void Health_is_shown_of_what_runs_alone()
    {
        Assert.Equal("Unhealthy (3 failed in a row)", Formatting.Health(new ContainerHealth { Status = ContainerHealthStatus.Unhealthy, FailingStreak = 3 }));
        Assert.Equal("", Formatting.Health(new ContainerHealth { Status = ContainerHealthStatus.None, FailingStreak = 3 }));
        Assert.Equal("", Formatting.Health(null));
    }

    [Fact]
    public void An_id_is_shown_short_without_its_algorithm()
    {
        Assert.Equal("0123456789ab", Formatting.ShortId("sha256:0123456789abcdef"));
        Assert.Equal("0123456789ab", Formatting.ShortId("0123456789abcdef"));
        Assert.Equal("host", Formatting.ShortId("host"));
    }
}
