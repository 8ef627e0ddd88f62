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

            long size = new DirectoryInfo($"{fixture.StateRoot}/containers/{container.Id}").EnumerateFiles("container.log*").Sum(static file => file.Length);
            Assert.InRange(size, 1, (MaxSize * MaxFiles) + 4096);
        }
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
