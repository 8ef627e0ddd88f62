using Containers.Engine.Health;
using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Health;

/// <summary>What results make of a container's health, and how much of an output is kept.</summary>
public sealed class HealthRecordTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly RunningRecord Life = new("boot", 10, 20, 11, 21, 0);
    private static readonly HealthCheck Check = new() { Command = ["x"], Retries = 2, StartPeriod = TimeSpan.FromSeconds(10) };

    [Theory]
    [InlineData("", HealthStatus.Starting, 0)]
    [InlineData("20+", HealthStatus.Healthy, 0)]
    [InlineData("20-", HealthStatus.Starting, 1)]
    [InlineData("20- 21-", HealthStatus.Unhealthy, 2)]
    [InlineData("20- 21- 22-", HealthStatus.Unhealthy, 3)]
    [InlineData("20- 21+ 22-", HealthStatus.Healthy, 1)]
    [InlineData("20- 21- 22+", HealthStatus.Healthy, 0)]
    [InlineData("1- 2- 9-", HealthStatus.Starting, 0)]
    [InlineData("1- 2- 10- 11-", HealthStatus.Unhealthy, 2)]
    [InlineData("1+ 2-", HealthStatus.Healthy, 1)]
    [InlineData("1+ 2- 3-", HealthStatus.Unhealthy, 2)]
    public void Failures_count_after_the_start_period_and_once_a_check_has_succeeded(string results, HealthStatus status, int streak)
    {
        HealthRecord record = HealthRecord.Of(Life);
        foreach (string result in results.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            // The clock was set: what it shows is not what counts.
            var age = TimeSpan.FromSeconds(int.Parse(result[..^1], System.Globalization.CultureInfo.InvariantCulture));
            record = record.With(Check, age, new HealthResult(Start.AddHours(1), Start.AddHours(-1), result[^1] == '+' ? 0 : 1, string.Empty));
        }

        Assert.Equal((status, streak), (record.Status, record.FailingStreak));
    }

    [Fact]
    public void The_last_five_results_are_kept_and_the_record_is_of_its_life_alone()
    {
        HealthRecord record = HealthRecord.Of(Life);
        for (int i = 0; i < 8; i++)
        {
            record = record.With(Check, TimeSpan.FromMinutes(i), new HealthResult(Start.AddMinutes(i), Start.AddMinutes(i), i, $"{i}"));
        }

        Assert.Equal(["3", "4", "5", "6", "7"], record.ToHealth().Results.Select(result => result.Output));
        Assert.True(record.IsOf(Life));
        Assert.False(record.IsOf(Life with { PidStart = 22 }));
    }

    [Fact]
    public void An_output_is_cut_between_characters_and_shows_what_is_no_text()
    {
        foreach ((int Ascii, int Expected) in ((int, int)[])[(4095, 4095), (4094, 4094), (4093, 4093), (4092, 4096)])
        {
            var output = new HealthOutput();
            output.Append(System.Text.Encoding.UTF8.GetBytes(new string('a', Ascii)));
            output.Append("\U0001F600\U0001F600"u8);
            string text = output.ToString();
            Assert.Equal(Expected, System.Text.Encoding.UTF8.GetByteCount(text));
            Assert.Equal(Expected == 4096, text.EndsWith("\U0001F600", StringComparison.Ordinal));
        }

        var odd = new HealthOutput();
        odd.Append([0xff, (byte)'b', 0xf0, 0x9f]);
        Assert.Equal("\uFFFDb\uFFFD", odd.ToString());
    }
}
