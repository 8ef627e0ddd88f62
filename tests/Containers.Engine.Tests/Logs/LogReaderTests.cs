using System.Diagnostics;
using System.Globalization;
using System.Text;
using Containers.Init;
using CsCheck;

namespace Containers.Engine.Logs;

public sealed class LogReaderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("containers-log-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void All_files_are_read_from_the_oldest_to_the_current_one()
    {
        using var writer = new Init.LogFolder(maxSize: 1000, maxFiles: 20, folder);
        for (int i = 0; i < 150; i++)
        {
            writer.Append($"{i} <ä\u2028\"\t>\n", i % 2 == 0 ? JsonLog.StandardOutput : JsonLog.StandardError);
        }

        List<LogRecord> records = Read(new LogQuery());
        Assert.Equal(Enumerable.Range(0, 150).Select(static i => $"{i} <ä\u2028\"\t>\n"), records.Select(static r => r.Text));
        Assert.Equal(Enumerable.Range(0, 150).Select(static i => i % 2 == 0 ? LogStream.StdOut : LogStream.StdErr), records.Select(static r => r.Stream));
        Assert.All(records, static r => Assert.InRange(r.Time, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow));
    }

    [Fact]
    public void A_tail_is_the_end_of_the_whole_whatever_the_files_and_line_lengths()
    {
        Gen.Select(Gen.Int[0, 30_000].Array[0, 30], Gen.Int[0, 40], Gen.Int[500, 100_000]).Sample(
            (lengths, tail, maxSize) =>
            {
                using var writer = new Init.LogFolder(maxSize, maxFiles: 1000);
                foreach (int length in lengths)
                {
                    writer.Append(new string('x', length) + "\n");
                }

                writer.Append("no end");
                List<LogRecord> all = [.. new LogReader(writer.Path).Read(new LogQuery(), Never, default)];
                List<LogRecord> last = [.. new LogReader(writer.Path).Read(new LogQuery { Tail = tail }, Never, default)];
                return all.TakeLast(tail).SequenceEqual(last);
            },
            iter: 100);
    }

    [Fact]
    public void A_tail_of_a_large_log_does_not_read_it_all()
    {
        using (var writer = new Init.LogFolder(path: folder))
        {
            byte[] chunk = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("some text of a line\n", 5000)));
            for (int i = 0; i < 100; i++)
            {
                writer.Append(chunk);
            }
        }

        Read(new LogQuery { Tail = 10 });
        long before = BytesRead();
        Assert.Equal(10, Read(new LogQuery { Tail = 10 }).Count);
        Assert.InRange(BytesRead() - before, 1, 400_000);
        Assert.InRange(new FileInfo(Path.Combine(folder, "container.log")).Length, 40_000_000, long.MaxValue);
    }

    [Fact]
    public void Times_bound_what_is_read_and_a_tail_counts_what_they_let_through()
    {
        Write("container.log.1", Line("a", 1), Line("b", 2));
        Write("container.log", Line("c", 3), Line("d", 4), Line("e", 5));
        Assert.Equal(["b\n", "c\n", "d\n"], Texts(new LogQuery { Since = Time(2), Until = Time(4) }));
        Assert.Equal(["b\n", "c\n"], Texts(new LogQuery { Tail = 2, Until = Time(3) }));
        Assert.Equal(["e\n"], Texts(new LogQuery { Tail = 2, Since = Time(5) }));
        Assert.Empty(Texts(new LogQuery { Since = Time(6) }));
        Assert.Empty(Texts(new LogQuery { Tail = 0 }));
    }

    [Fact]
    public void A_damaged_line_is_skipped_and_counted()
    {
        Write(
            "container.log",
            Line("1", 1),
            "{\"log\":\"half a rec",
            new string('\0', 3000),
            string.Empty,
            "[1,2]",
            "{\"log\":5,\"time\":\"2026-01-01T00:00:00Z\"}",
            "{\"log\":\"no time\"}",
            "{\"log\":\"bad time\",\"time\":\"yesterday\"}",
            "{\"log\":\"\\ud800\",\"time\":\"2026-01-01T00:00:00Z\"}",
            Line("x", 1) + Line("y", 1),
            "{\"log\":\"" + new string('o', LogLine.MaxLength) + "\",\"time\":\"2026-01-01T00:00:00Z\"}",
            Line("2", 2),
            "{\"attrs\":{\"a\":[1,{}]},\"log\":\"3\\n\",\"stream\":\"stderr\",\"time\":\"2026-01-01T00:00:03.123456789+02:00\",\"more\":null}",
            Line("4", 4));
        var reader = new LogReader(folder);
        LogRecord[] records = [.. reader.Read(new LogQuery(), Never, default)];
        Assert.Equal(["1\n", "2\n", "3\n", "4\n"], records.Select(static r => r.Text));
        Assert.Equal(10, reader.SkippedLines);
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 3, TimeSpan.FromHours(2)).AddTicks(1234567), records[2].Time);
        Assert.Equal(LogStream.StdErr, records[2].Stream);
        Assert.Equal(["1\n", "2\n", "3\n", "4\n"], Texts(new LogQuery { Tail = 4 }));
        Assert.Equal(["2\n", "3\n", "4\n"], Texts(new LogQuery { Tail = 3 }));
    }

    [Fact]
    public void A_last_line_without_its_end_is_left_out()
    {
        Write("container.log", Line("1", 1));
        File.AppendAllText(Path.Combine(folder, "container.log"), Line("2", 2));
        Assert.Equal(["1\n"], Texts(new LogQuery()));
        Assert.Equal(["1\n"], Texts(new LogQuery { Tail = 5 }));
        File.AppendAllText(Path.Combine(folder, "container.log"), "\n");
        Assert.Equal(["2\n"], Texts(new LogQuery { Tail = 1 }));
    }

    [Fact]
    public void A_log_that_is_not_there_has_no_records()
    {
        Assert.Empty(Texts(new LogQuery()));
        Assert.Empty(new LogReader(Path.Combine(folder, "none")).Read(new LogQuery { Follow = true }, static () => false, default));
        Assert.Empty(new LogReader(folder).Read(new LogQuery { Follow = true }, static () => true, default));
    }

    [Fact]
    public void A_follower_sees_a_line_soon_after_it_was_written()
    {
        using var started = new ManualResetEventSlim();
        long writtenAt = 0;
        using var writing = new Background(() =>
        {
            started.Wait();
            using var writer = new Init.LogFolder(path: folder);
            Thread.Sleep(250);
            Volatile.Write(ref writtenAt, Stopwatch.GetTimestamp());
            writer.Append("now\n");
        });
        bool asked = false;
        LogRecord? first = new LogReader(folder)
            .Read(
                new LogQuery { Follow = true },
                () =>
                {
                    started.Set();
                    asked = true;
                    return false;
                },
                default)
            .FirstOrDefault();
        TimeSpan delay = Stopwatch.GetElapsedTime(Volatile.Read(ref writtenAt));
        writing.Join();
        Assert.True(asked);
        Assert.Equal("now\n", first?.Text);
        Assert.InRange(delay, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void A_follower_can_be_cancelled_while_it_waits()
    {
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(150));
        Write("container.log", Line("1", 1));
        Assert.Throws<OperationCanceledException>(
            () => new LogReader(folder).Read(new LogQuery { Follow = true }, static () => false, cancellation.Token).Count());
    }

    [Fact]
    public void A_follower_ends_when_its_end_of_time_has_passed()
    {
        Write("container.log", Line("1", 1));
        Assert.Single(new LogReader(folder).Read(
            new LogQuery { Follow = true, Until = DateTimeOffset.UtcNow.AddMilliseconds(200) }, static () => false, default));
    }

    [Theory]
    [InlineData(100_000, 200, null)]
    [InlineData(20_000, 200, null)]
    [InlineData(10_000, 300, null)]
    [InlineData(20_000, 200, 0)]
    public void A_follower_neither_loses_nor_repeats_a_record_while_files_rotate(int maxSize, int maxFiles, int? tail)
    {
        const int count = 30_000;
        using var started = new ManualResetEventSlim();
        bool done = false;
        using var writer = new Init.LogFolder(maxSize, maxFiles, folder);
        using var writing = new Background(() =>
        {
            started.Wait();
            for (int i = 0; i < count; i += 10)
            {
                writer.Append(string.Concat(Enumerable.Range(i, 10).Select(static n => n.ToString(CultureInfo.InvariantCulture) + "\n")));
            }

            Volatile.Write(ref done, true);
        });
        int expected = 0;
        foreach (LogRecord record in new LogReader(folder).Read(
            new LogQuery { Follow = true, Tail = tail },
            () =>
            {
                started.Set();
                return Volatile.Read(ref done);
            },
            default))
        {
            Assert.Equal(expected.ToString(CultureInfo.InvariantCulture) + "\n", record.Text);
            expected++;
        }

        writing.Join();
        Assert.Equal(count, expected);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_follower_too_slow_for_the_files_kept_misses_some_but_never_goes_back(int maxFiles)
    {
        bool done = false;
        using var writer = new Init.LogFolder(maxSize: 2_000, maxFiles, folder);
        using var writing = new Background(() =>
        {
            for (int i = 0; i < 50_000; i++)
            {
                writer.Append(i.ToString(CultureInfo.InvariantCulture) + "\n");
            }

            Volatile.Write(ref done, true);
        });
        int last = -1;
        foreach (LogRecord record in new LogReader(folder).Read(new LogQuery { Follow = true }, () => Volatile.Read(ref done), default))
        {
            int number = int.Parse(record.Text, CultureInfo.InvariantCulture);
            Assert.True(number > last, $"{number} after {last}");
            last = number;
        }

        writing.Join();
        Assert.Equal(49_999, last);
    }

    [Fact]
    public void Reading_once_while_files_rotate_gives_an_unbroken_stretch()
    {
        bool done = false;
        using var writer = new Init.LogFolder(maxSize: 20_000, maxFiles: 5, folder);
        writer.Append("0\n");
        using var writing = new Background(() =>
        {
            for (int i = 1; !Volatile.Read(ref done); i++)
            {
                writer.Append(i.ToString(CultureInfo.InvariantCulture) + "\n");
            }
        });
        try
        {
            for (int round = 0; round < 50; round++)
            {
                int[] numbers = [.. Texts(round % 2 == 0 ? new LogQuery() : new LogQuery { Tail = 400 }).Select(static t => int.Parse(t, CultureInfo.InvariantCulture))];
                Assert.NotEmpty(numbers);
                Assert.Equal(Enumerable.Range(numbers[0], numbers.Length), numbers);
            }
        }
        finally
        {
            Volatile.Write(ref done, true);
            writing.Join();
        }
    }

    [Fact]
    public void A_record_that_a_full_disk_took_back_is_never_seen()
    {
        string path = Path.Combine(folder, "container.log");
        Write("container.log", Line("1", 1));
        long end = new FileInfo(path).Length;
        int step = 0;
        IEnumerable<LogRecord> records = new LogReader(folder).Read(
            new LogQuery { Follow = true },
            () =>
            {
                switch (step++)
                {
                    case 1:
                        File.AppendAllText(path, "{\"log\":\"taken back");
                        break;
                    case 2:
                        using (FileStream file = File.OpenWrite(path))
                        {
                            file.SetLength(end);
                        }

                        break;
                    case 3:
                        File.AppendAllText(path, Line("2", 2) + "\n");
                        break;
                    default:
                        break;
                }

                return step > 4;
            },
            default);
        Assert.Equal(["1\n", "2\n"], records.Select(static r => r.Text));
    }

    [Fact]
    public void No_descriptor_is_left_open()
    {
        Write("container.log.1", Line("1", 1));
        Write("container.log", Line("2", 2));
        int before = OpenInFolder();
        foreach (LogQuery query in new LogQuery[] { new(), new() { Tail = 1 }, new() { Tail = 0 }, new() { Follow = true } })
        {
            Assert.InRange(new LogReader(folder).Read(query, static () => true, default).Take(1).Count(), 0, 1);
        }

        Assert.Equal(before, OpenInFolder());
    }

    private static bool Never() => throw new InvalidOperationException("only a follower asks");

    private static DateTimeOffset Time(int second) => new(2026, 1, 1, 0, 0, second, TimeSpan.Zero);

    private static string Line(string text, int second) =>
        $"{{\"log\":\"{text}\\n\",\"stream\":\"stdout\",\"time\":\"2026-01-01T00:00:0{second}Z\"}}";

    private static long BytesRead() => long.Parse(
        File.ReadLines("/proc/self/io").First(static l => l.StartsWith("rchar: ", StringComparison.Ordinal))[7..], CultureInfo.InvariantCulture);

    private void Write(string name, params string[] lines) =>
        File.WriteAllText(Path.Combine(folder, name), string.Concat(lines.Select(static l => l + "\n")));

    private List<LogRecord> Read(LogQuery query) => [.. new LogReader(folder).Read(query, Never, default)];

    private IEnumerable<string> Texts(LogQuery query) => Read(query).Select(static r => r.Text);

    private int OpenInFolder() => Directory.GetFiles("/proc/self/fd")
        .Count(link => File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName.StartsWith(folder, StringComparison.Ordinal) == true);

    /// <summary>A thread that has ended before what it uses is disposed of.</summary>
    private sealed class Background : IDisposable
    {
        private readonly Thread thread;

        internal Background(Action action)
        {
            thread = new Thread(() => action());
            thread.Start();
        }

        internal void Join() => thread.Join();

        public void Dispose() => thread.Join();
    }
}
