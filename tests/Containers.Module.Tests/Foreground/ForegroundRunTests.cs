using System.Diagnostics;
using System.Text;
using Containers.Foreground;
using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.Foreground;

public sealed class ForegroundRunTests : IDisposable
{
    private const int Megabyte = 1024 * 1024;

    // Importing shows the runtime the way to the engine's types.
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Fifty_megabytes_go_in_and_come_out_without_loss_or_deadlock()
    {
        var run = new ForegroundRun(new ProcessContainer("cat", withInput: true), asBytes: true, outFile: null);
        var chunk = new byte[Megabyte];
        Random.Shared.NextBytes(chunk);
        using var got = new MemoryStream();

        for (var i = 0; i < 50; i++)
        {
            run.Feed(chunk, piece => got.Write(piece.Bytes));
        }

        var ended = run.WaitForExit(piece => got.Write(piece.Bytes), TestContext.Current.CancellationToken);

        Assert.Equal(0, ended!.ExitCode);
        Assert.Equal(50 * Megabyte, got.Length);
        for (var i = 0; i < 50; i++)
        {
            Assert.True(got.GetBuffer().AsSpan(i * Megabyte, Megabyte).SequenceEqual(chunk), $"megabyte {i} differs");
        }
    }

    [Fact]
    public void A_command_that_answers_only_at_the_end_gets_all_of_its_input()
    {
        var run = new ForegroundRun(new ProcessContainer("sort -rn", withInput: true), asBytes: false, outFile: null);
        const int Count = 500_000;
        var lines = new List<string>();

        for (var i = 0; i < Count; i++)
        {
            run.Feed(InputEncoding.Encode(i), piece => lines.AddRange(piece.Lines));
        }

        run.WaitForExit(piece => lines.AddRange(piece.Lines), TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(0, Count).Reverse().Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)), lines);
    }

    [Fact]
    public void Both_streams_come_whole_and_each_in_its_order()
    {
        var run = new ForegroundRun(
            new ProcessContainer("i=0; while [ $i -lt 2000 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done; printf last", withInput: false),
            asBytes: false,
            outFile: null);
        var output = new List<string>();
        var error = new List<string>();

        run.WaitForExit(piece => (piece.IsError ? error : output).AddRange(piece.Lines), TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(0, 2000).Select(i => $"o{i}").Append("last"), output);
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => $"e{i}"), error);
    }

    [Fact]
    public void A_slow_reader_slows_the_command_down()
    {
        var progress = Path.GetTempFileName();
        try
        {
            // The command notes each megabyte that it was able to write.
            var run = new ForegroundRun(
                new ProcessContainer($"for i in $(seq 50); do head -c {Megabyte} /dev/zero; echo $i > {progress}; done", withInput: false),
                asBytes: true,
                outFile: null);
            long size = 0;
            var noted = -1;

            run.WaitForExit(
                piece =>
                {
                    if (size == 0)
                    {
                        Thread.Sleep(1000);
                        noted = int.TryParse(File.ReadAllText(progress), out var number) ? number : 0;
                    }

                    size += piece.Bytes!.Length;
                },
                TestContext.Current.CancellationToken);

            Assert.InRange(noted, 0, 5);
            Assert.Equal(50L * Megabyte, size);
        }
        finally
        {
            File.Delete(progress);
        }
    }

    [Fact]
    public void A_command_that_reads_nothing_does_not_hold_the_pipeline_up()
    {
        var run = new ForegroundRun(new ProcessContainer("exec 0<&-; sleep 1; exit 3", withInput: true), asBytes: false, outFile: null);

        for (var i = 0; i < 20; i++)
        {
            run.Feed(new byte[Megabyte], _ => { });
        }

        Assert.Equal(3, run.WaitForExit(_ => { }, TestContext.Current.CancellationToken)!.ExitCode);
    }

    [Fact]
    public void Output_can_go_to_a_file()
    {
        var path = Path.GetTempFileName();
        try
        {
            var run = new ForegroundRun(
                new ProcessContainer("printf 'a\\377\\nb'; echo err >&2", withInput: false), asBytes: false, new FileStream(path, FileMode.Create));
            var error = new List<string>();

            run.WaitForExit(piece => error.AddRange(piece.Lines), TestContext.Current.CancellationToken);

            Assert.Equal([(byte)'a', 0xFF, (byte)'\n', (byte)'b'], File.ReadAllBytes(path));
            Assert.Equal(["err"], error);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_an_error()
    {
        var container = new ProcessContainer("yes", withInput: false);
        var run = new ForegroundRun(container, asBytes: false, new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0));

        Assert.Throws<IOException>(() => run.WaitForExit(_ => { }, TestContext.Current.CancellationToken));
        run.End();

        Assert.True(container.IsDisposed);
    }

    [Fact]
    public void Interrupting_sends_SIGINT_and_wakes_the_pipeline()
    {
        var container = new ProcessContainer("trap 'exit 7' INT; while :; do sleep 0.05; done", withInput: false);
        var run = new ForegroundRun(container, asBytes: false, outFile: null);
        var elapsed = Stopwatch.StartNew();
        using var timer = new Timer(_ => run.Interrupt(), null, 300, Timeout.Infinite);

        Assert.Throws<OperationCanceledException>(() => run.WaitForExit(_ => { }, TestContext.Current.CancellationToken));
        run.End();

        Assert.Equal([2], container.Signals);
        Assert.True(container.IsDisposed);
        Assert.InRange(elapsed.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void What_ignores_SIGINT_is_killed_a_second_later()
    {
        var container = new ProcessContainer("trap '' INT; while :; do sleep 0.05; done", withInput: false);
        var run = new ForegroundRun(container, asBytes: false, outFile: null);
        Thread.Sleep(300);
        var elapsed = Stopwatch.StartNew();

        run.End();

        Assert.Equal([2, 9], container.Signals);
        Assert.InRange(elapsed.Elapsed, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(5));
        run.End();
    }

    [Fact]
    public void What_ran_before_is_left_as_it_is()
    {
        var container = new ProcessContainer("exec sleep 3", withInput: false) { RanBefore = true };
        var run = new ForegroundRun(container, asBytes: false, outFile: null);

        run.End();

        Assert.Empty(container.Signals);
        Assert.True(container.IsDisposed);
    }

    [Fact]
    public void What_ran_before_gets_Ctrl_C_and_is_not_killed()
    {
        var container = new ProcessContainer("trap '' INT; for i in 1 2 3 4; do sleep 1; done", withInput: false) { RanBefore = true };
        var run = new ForegroundRun(container, asBytes: false, outFile: null);

        run.Interrupt();
        run.End();

        Assert.Equal([2], container.Signals);
        Assert.True(container.IsDisposed);
    }

    [Theory]
    [InlineData("text", "text\n")]
    [InlineData(5, "5\n")]
    [InlineData(1.5, "1.5\n")]
    [InlineData("", "\n")]
    [InlineData("猫", "猫\n")]
    [InlineData(null, "")]
    public void Text_goes_in_as_lines(object? input, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(InputEncoding.Encode(input)));

    [Fact]
    public void Bytes_go_in_as_they_are()
    {
        Assert.Equal([1, 0, 255], InputEncoding.Encode(new byte[] { 1, 0, 255 }));
        Assert.Equal([10], InputEncoding.Encode((byte)10));
        Assert.Equal("a\nb\n"u8.ToArray(), InputEncoding.Encode(new object[] { "a", "b" }));
    }
}
