using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using CsCheck;

namespace Containers.Init;

public sealed partial class LogFileTests
{
    private const int NoSpace = -28;
    private const int InputOutput = -5;

    [Fact]
    public void Rotation_loses_no_line_while_the_files_suffice_and_keeps_every_file_in_bounds()
    {
        Gen.Select(Gen.Int[300, 4_000], Gen.Int[1, 300].Array[1, 60]).Sample(
            (maxSize, lengths) =>
            {
                using var folder = new LogFolder(maxSize, maxFiles: 1000);
                string[] lines = [.. lengths.Select(static (n, i) => i.ToString(CultureInfo.InvariantCulture) + new string('-', n) + "\n")];
                foreach (string[] chunk in lines.Chunk(7))
                {
                    folder.Append(string.Concat(chunk));
                }

                Assert.Equal(lines, folder.Records().Select(static r => r.Text));
                foreach (string file in folder.FileNames)
                {
                    Assert.True(new FileInfo(file).Length <= maxSize || File.ReadAllLines(file).Length == 1);
                }
            },
            iter: 150);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(12)]
    public void No_more_files_are_kept_than_asked_for_and_what_is_kept_is_the_end(int maxFiles)
    {
        using var folder = new LogFolder(maxSize: 1000, maxFiles);
        for (int i = 0; i < 500; i++)
        {
            folder.Append($"line {i}\n");
        }

        Assert.Equal(maxFiles, folder.FileNames.Length);
        string[] kept = [.. folder.Records().Select(static r => r.Text)];
        Assert.InRange(kept.Length, 1, 499);
        Assert.Equal(Enumerable.Range(500 - kept.Length, kept.Length).Select(static i => $"line {i}\n"), kept);
        Assert.All(folder.FileNames, static f => Assert.InRange(new FileInfo(f).Length, 1, 1000));
    }

    [Fact]
    public void A_record_larger_than_a_file_may_be_has_a_file_of_its_own()
    {
        using var folder = new LogFolder(maxSize: 100, maxFiles: 10);
        folder.Append("a\n" + new string('b', 5000) + "\nc\n");
        Assert.Equal([1, 1, 1], folder.FileNames.Select(static f => File.ReadAllLines(f).Length));
    }

    [Fact]
    public void A_second_run_goes_on_after_the_first_and_removes_files_beyond_its_bound()
    {
        string path = Directory.CreateTempSubdirectory("containers-log-").FullName;
        try
        {
            using (var first = new LogFolder(maxSize: 200, maxFiles: 5, path))
            {
                first.Append("1\n2\n3\n4\n5\n6\n7\n8\n9\n");
                Assert.Equal(5, first.FileNames.Length);
            }

            using var second = new LogFolder(maxSize: 0, maxFiles: 2, path);
            second.Append("10\n");
            Assert.Equal(2, second.FileNames.Length);
            Assert.Equal("10\n", second.Records()[^1].Text);
            Assert.Equal("9\n", second.Records()[^2].Text);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"log\":\"whole\\n\",\"stream\":\"stdout\",\"time\":\"2026-01-01T00:00:00Z\"}\n")]
    public void Half_a_record_that_a_killed_writer_left_is_removed(string before)
    {
        string path = Directory.CreateTempSubdirectory("containers-log-").FullName;
        try
        {
            string file = Path.Combine(path, "container.log");
            File.WriteAllText(file, before + "{\"log\":\"" + new string('h', 700));
            using var folder = new LogFolder(path: path);
            folder.Append("next\n");
            string[] lines = File.ReadAllLines(file);
            Assert.Equal(before.Length == 0 ? 1 : 2, lines.Length);
            Assert.StartsWith("{\"log\":\"next\\n\"", lines[^1], StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    [Fact]
    public void However_writes_fail_or_fall_short_every_record_in_the_file_is_whole()
    {
        Gen.Select(Gen.Int[0, 5].Array[20], Gen.Int[1, 40_000].Array[1, 20], Gen.Bool).Sample(
            (faults, lengths, truncateFailsToo) =>
            {
                using var folder = new LogFolder(maxSize: 60_000, maxFiles: 1000);
                int call = 0;
                Sys.Intercept = (number, arguments) =>
                {
                    int fault = faults[call++ % faults.Length];
                    return number == SysNr.Write ? Fault(fault, arguments)
                        : number == SysNr.Ftruncate && truncateFailsToo && fault == 0 ? InputOutput : null;
                };
                string[] lines = [.. lengths.Select(static (n, i) => i.ToString(CultureInfo.InvariantCulture) + new string('\t', n) + "\n")];
                try
                {
                    foreach (string[] chunk in lines.Chunk(3))
                    {
                        folder.Append(string.Concat(chunk));
                    }

                    folder.End();
                }
                finally
                {
                    Sys.Intercept = null;
                }

                // The disk is well again: what follows is whole, and what was kept before is too.
                folder.Append("after\n");
                string[] kept = [.. folder.Records().Select(static r => r.Text)];
                Assert.Equal("after\n", kept[^1]);
                string all = string.Concat(lines);
                Assert.All(kept[..^1], text => Assert.Contains(text, all, StringComparison.Ordinal));
                Assert.True(folder.Dropped > 0 || string.Concat(kept[..^1]) == all);
            },
            iter: 150);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_full_disk_drops_whole_records_and_the_log_goes_on_when_there_is_room()
    {
        string path = Directory.CreateTempSubdirectory("containers-log-").FullName;
        if (mount("tmpfs", path, "tmpfs", 0, "size=64k") != 0)
        {
            Directory.Delete(path);
            Assert.Skip("mounting a tmpfs needs root");
        }

        try
        {
            string ballast = Path.Combine(path, "ballast");
            File.WriteAllBytes(ballast, new byte[32 * 1024]);
            using var folder = new LogFolder(path: path);
            for (int i = 0; i < 1000; i++)
            {
                folder.Append($"line {i}\n");
            }

            int before = folder.Records().Length;
            Assert.InRange(before, 100, 900);
            Assert.InRange(folder.Dropped, 1, long.MaxValue);
            File.Delete(ballast);
            folder.Append("room again\n");
            (string Text, string Stream)[] records = folder.Records();
            Assert.Equal(before + 1, records.Length);
            Assert.Equal("room again\n", records[^1].Text);
            Assert.Equal(Enumerable.Range(0, before).Select(static i => $"line {i}\n"), records[..^1].Select(static r => r.Text));
        }
        finally
        {
            Assert.Equal(0, umount(path));
            Directory.Delete(path);
        }
    }

    [Fact]
    public void A_rotation_that_fails_keeps_the_bound_and_the_log_goes_on_afterwards()
    {
        using var folder = new LogFolder(maxSize: 200, maxFiles: 3);
        folder.Append("1\n2\n");
        Sys.Intercept = static (number, _) => number == SysNr.Renameat2 ? InputOutput : null;
        try
        {
            folder.Append("3\n4\n");
        }
        finally
        {
            Sys.Intercept = null;
        }

        Assert.Equal(["1\n", "2\n"], folder.Records().Select(static r => r.Text));
        Assert.InRange(folder.Dropped, 100, 200);
        folder.Append("5\n");
        Assert.Equal(["1\n", "2\n", "5\n"], folder.Records().Select(static r => r.Text));
    }

    [Fact]
    public void A_log_that_cannot_be_opened_is_opened_when_it_can()
    {
        Sys.Intercept = static (number, _) => number == SysNr.Openat ? NoSpace : null;
        try
        {
            using var folder = new LogFolder();
            folder.Append("lost\n");
            Sys.Intercept = null;
            folder.Append("kept\n");
            Assert.Equal(["kept\n"], folder.Records().Select(static r => r.Text));
        }
        finally
        {
            Sys.Intercept = null;
        }
    }

    private static long? Fault(int fault, long[] arguments) => fault switch
    {
        0 => NoSpace,
        1 => Sys.Forward(SysNr.Write, arguments[0], arguments[1], Math.Max(1, arguments[2] / 3)),
        2 => -4,
        _ => null,
    };

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, nuint flags, string data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount(string target);
}
