using System.Globalization;
using Containers.Engine.Logs;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Logs whose monitors are killed in the midst of writing and rotating: what is read is whole lines, in order, none twice and none missing in between.</summary>
public sealed class KilledMonitorLogTests : IDisposable
{
    private const int Lives = 12, MaxSize = 16384, MaxFiles = 3;
    private readonly EngineFixture fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        fixture.RemoveContainers();
        fixture.Dispose();
    }

    [Fact]
    public void No_line_is_torn_lost_or_doubled()
    {
        var random = new Random(7);
        string root = fixture.MakeRoot();
        ContainerSnapshot container = fixture.Engine.Create(
            new ContainerOptions
            {
                RootFileSystem = root,
                Log = new LogOptions { MaxSize = MaxSize, MaxFiles = MaxFiles },
                Command = ["sh", "-c", "n=$(cat /life); i=0; while :; do echo \"$n $i\"; i=$((i+1)); done"],
            },
            Cancellation);
        for (int life = 0; life < Lives; life++)
        {
            File.WriteAllText($"{root}/life", life.ToString(CultureInfo.InvariantCulture));
            int monitor = fixture.Engine.Start(container.Id, Cancellation).MonitorProcessId!.Value;
            Assert.True(EngineFixture.Patiently(() => Records(container.Id).Any(record => record.Life == life)), "the new life's lines do not come");
            Thread.Sleep(random.Next(5, 250));
            using FileDescriptor process = Pidfd.TryOpen(monitor, out _)!;
            _ = Pidfd.TrySignal(process, 9);
            Assert.True(EngineFixture.Patiently(() => fixture.Engine.Get(container.Id).State == ContainerState.Exited), "it goes on without its monitor");
            List<(int Life, int Number)> records = Records(container.Id);
            Assert.Equal(life, records[^1].Life);
            foreach (((int Life, int Number) one, (int Life, int Number) next) in records.Zip(records.Skip(1)))
            {
                Assert.True(next == (one.Life, one.Number + 1) || next == (one.Life + 1, 0), $"after {one} comes {next}");
            }

            Assert.InRange(SizeOf(container.Id), 1, (MaxSize * MaxFiles) + 4096);
        }
    }

    [Theory]
    [InlineData("head -c 10000000 /dev/zero | tr '\\0' a", false)]
    [InlineData("seq 200000", false)]
    [InlineData("seq 200000", true)]
    [InlineData("yes '' | head -n 1000000", false)]
    public void No_flood_makes_it_larger_than_it_may_be(string script, bool hasTerminal)
    {
        ContainerSnapshot container = fixture.Engine.Create(
            new ContainerOptions { RootFileSystem = fixture.MakeRoot(), Log = new LogOptions { MaxSize = MaxSize, MaxFiles = MaxFiles }, Tty = hasTerminal, Command = ["sh", "-c", script] }, Cancellation);
        long largest = 0;
        fixture.Engine.Start(container.Id, Cancellation);
        while (fixture.Engine.Get(container.Id).State == ContainerState.Running)
        {
            largest = Math.Max(largest, SizeOf(container.Id));
        }

        largest = Math.Max(largest, SizeOf(container.Id));

        // A record is a line, or 16 KiB of one, whose characters JSON may write as six.
        Assert.InRange(largest, MaxSize, (MaxSize * MaxFiles) + (2 * 6 * 16384));
    }

    private long SizeOf(string id)
    {
        long size = 0;
        foreach (string file in Directory.EnumerateFiles($"{fixture.StateRoot}/containers/{id}", "container.log*"))
        {
            size += Files.TryStat(Files.CurrentFolder, file, follow: false, out FileStatus status) == Errno.None ? status.Size : 0;
        }

        return size;
    }

    private List<(int Life, int Number)> Records(string id)
    {
        var found = new List<(int, int)>();
        foreach (LogRecord record in fixture.Engine.ReadLog(id, new LogQuery(), Cancellation))
        {
            string[] words = record.Text.TrimEnd('\n').Split(' ');
            Assert.True(words.Length == 2 && record.Text.EndsWith('\n'), $"a torn line: '{record.Text}'");
            found.Add((int.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture)));
        }

        return found;
    }
}
