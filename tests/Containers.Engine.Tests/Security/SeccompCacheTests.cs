using System.Diagnostics;
using System.Runtime.Versioning;
using Containers.Engine.Security;

namespace Containers.Engine.Tests.Security;

[SupportedOSPlatform("linux")]
public sealed class SeccompCacheTests : IDisposable
{
    private static readonly byte[] Filter = [6, 0, 0, 0, 0, 0, 0xFF, 0x7F];
    private static readonly byte[] Other = [6, 0, 0, 0, 1, 0, 5, 0];

    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("seccomp-cache-").FullName, "seccomp");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [Fact]
    public void A_filter_is_compiled_once_and_found_by_another_session()
    {
        var cache = new SeccompCache(_folder);
        Assert.Equal(Filter, Get(cache, () => Filter));
        Assert.Equal(Filter, Get(cache, NotAgain));
        Assert.Equal(Filter, Get(new SeccompCache(_folder), NotAgain));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(TheFile()));
    }

    [Fact]
    public void Whatever_the_filter_depends_on_makes_another_one()
    {
        var cache = new SeccompCache(_folder);
        var asked = new (string? Text, CapabilitySet Caps, MachineArchitecture Architecture, string Release)[]
        {
            (null, CapabilitySet.Default, MachineArchitecture.X64, "6.1"),
            ("", CapabilitySet.Default, MachineArchitecture.X64, "6.1"),
            ("{}", CapabilitySet.Default, MachineArchitecture.X64, "6.1"),
            ("1{}", CapabilitySet.Default, MachineArchitecture.X64, "6."),
            (null, CapabilitySet.None, MachineArchitecture.X64, "6.1"),
            (null, CapabilitySet.Default, MachineArchitecture.Arm64, "6.1"),
            (null, CapabilitySet.Default, MachineArchitecture.X64, "6.2"),
        };
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < asked.Length; i++)
            {
                byte[] own = [6, 0, 0, 0, (byte)i, 0, 5, 0];
                (string? text, CapabilitySet caps, MachineArchitecture architecture, string release) = asked[i];
                Assert.Equal(own, cache.GetOrCompile(text, caps, architecture, release, round == 0 ? () => own : NotAgain));
            }

            cache = new SeccompCache(_folder);
        }

        Assert.Equal(asked.Length, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public void A_file_with_any_byte_changed_or_missing_is_no_filter()
    {
        Get(new SeccompCache(_folder), () => Filter);
        string path = TheFile();
        byte[] whole = File.ReadAllBytes(path);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 1;
            Compiles(damaged);
            Compiles(whole[..i]);
        }

        Compiles([.. whole, .. Filter]);
        Compiles(new byte[200_000]);

        // And what was compiled then stands in the damaged file's place.
        Assert.Equal(Other, Get(new SeccompCache(_folder), NotAgain));

        void Compiles(byte[] content)
        {
            File.WriteAllBytes(path, content);
            Assert.Equal(Other, Get(new SeccompCache(_folder), () => Other));
        }
    }

    [Fact]
    public void A_link_a_pipe_or_a_file_of_another_filter_in_its_place_is_no_filter()
    {
        Get(new SeccompCache(_folder), () => Filter);
        string path = TheFile();
        string aside = path + ".aside";
        File.Move(path, aside);
        File.CreateSymbolicLink(path, aside);
        Assert.Equal(Other, Get(new SeccompCache(_folder), () => Other));

        File.Delete(path);
        using (Process mkfifo = Process.Start("mkfifo", [path]))
        {
            mkfifo.WaitForExit();
        }

        Assert.Equal(Other, Get(new SeccompCache(_folder), () => Other));

        var cache = new SeccompCache(_folder);
        cache.GetOrCompile("another profile", CapabilitySet.None, MachineArchitecture.X64, "6.1", () => Filter);
        File.Move(Directory.GetFiles(_folder).Single(f => f != path && f != aside), path, overwrite: true);
        Assert.Equal(Other, Get(new SeccompCache(_folder), () => Other));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_only_costs_time()
    {
        File.WriteAllText(_folder, "in the way");
        Assert.Equal(Filter, Get(new SeccompCache(_folder), () => Filter));
        Assert.Equal(Filter, Get(new SeccompCache(_folder + "/a/b"), () => Filter));
    }

    [Fact]
    public void Old_files_go()
    {
        for (int i = 0; i < 100; i++)
        {
            new SeccompCache(_folder).GetOrCompile($"profile {i}", CapabilitySet.None, MachineArchitecture.X64, "6.1", () => Filter);
        }

        Assert.Equal(64, Directory.GetFiles(_folder).Length);
        Assert.Equal(
            Filter, new SeccompCache(_folder).GetOrCompile("profile 99", CapabilitySet.None, MachineArchitecture.X64, "6.1", NotAgain));
    }

    [Fact]
    public void Sessions_that_write_at_once_do_not_meet()
    {
        Parallel.For(0, 200, _ => Assert.Equal(Filter, Get(new SeccompCache(_folder), () => Filter)));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_mistake_in_the_profile_is_not_kept()
    {
        var cache = new SeccompCache(_folder);
        for (int i = 0; i < 2; i++)
        {
            Assert.Throws<EngineException>(() => SeccompFilter.For("{", CapabilitySet.None, privileged: false, cache));
        }
    }

    [Fact]
    public void Times_of_a_lookup_are_told()
    {
        var cache = new SeccompCache(_folder);
        long start = Stopwatch.GetTimestamp();
        byte[] filter = SeccompFilter.For(null, CapabilitySet.Default, privileged: false, cache)!;
        TimeSpan cold = Stopwatch.GetElapsedTime(start);

        TimeSpan memory = Median(() => SeccompFilter.For(null, CapabilitySet.Default, privileged: false, cache));
        TimeSpan disk = Median(() => SeccompFilter.For(null, CapabilitySet.Default, privileged: false, new SeccompCache(_folder)));
        TimeSpan compiled = Median(() => SeccompFilter.For(null, CapabilitySet.Default, privileged: false));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"first {cold.TotalMicroseconds:F0} us; from memory {memory.TotalMicroseconds:F1} us, from disk {disk.TotalMicroseconds:F1} us, compiled {compiled.TotalMicroseconds:F0} us");
        Assert.Equal(filter, SeccompFilter.For(null, CapabilitySet.Default, privileged: false, new SeccompCache(_folder)));

        static TimeSpan Median(Action action)
        {
            var times = new List<TimeSpan>();
            for (int i = 0; i < 300; i++)
            {
                long begin = Stopwatch.GetTimestamp();
                action();
                times.Add(Stopwatch.GetElapsedTime(begin));
            }

            times.Sort();
            return times[times.Count / 2];
        }
    }

    private static byte[] Get(SeccompCache cache, Func<byte[]> compile) =>
        cache.GetOrCompile("a profile", CapabilitySet.Default, MachineArchitecture.X64, "6.1", compile);

    private static byte[] NotAgain()
    {
        Assert.Fail("compiled again");
        return [];
    }

    private string TheFile() => Assert.Single(Directory.GetFiles(_folder));
}
