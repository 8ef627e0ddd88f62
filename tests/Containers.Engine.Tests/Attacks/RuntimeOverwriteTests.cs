using System.Globalization;
using Containers.Engine.Runtime;
using Containers.Engine.Runtime.Launch;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Tests.Attacks;

/// <summary>runc CVE-2019-5736: the container overwrites the runtime's program through /proc/PID/exe.</summary>
public sealed class RuntimeOverwriteTests : AttackTest
{
    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void The_program_of_pid_1_cannot_be_written_from_inside()
    {
        foreach (ContainerOptions options in (ContainerOptions[])
            [
                Script(Overwrite) with { Init = true },
                Script(Overwrite) with { Init = true, CapAdd = ["SYS_PTRACE", "DAC_OVERRIDE"], SeccompProfile = "unconfined" },
                Script(Overwrite) with { Init = true, Privileged = true },
            ])
        {
            RunResult result = Fixture.Run(options);
            Assert.Contains("not written", result.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("overwritten", result.Output, StringComparison.Ordinal);
        }

        AssertHelperIsWhole();
    }

    [Fact]
    public void A_command_that_is_the_runtime_itself_finds_nothing_but_the_helper()
    {
        // The attack's first step: have the runtime execute itself inside.
        RunResult result = Fixture.Run(Options("/proc/self/exe"));
        Assert.Equal(64, result.ExitCode);
        Assert.Contains("it is run by the engine", result.Error, StringComparison.Ordinal);
        File.WriteAllText($"{Image}/script", "#!/proc/self/exe\n");
        File.SetUnixFileMode($"{Image}/script", (UnixFileMode)0x1ED);
        result = Fixture.Run(Options("/script"));
        Assert.NotEqual(0, result.ExitCode);
        AssertHelperIsWhole();
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void No_program_of_the_host_is_seen_from_inside()
    {
        string links = Run("for p in /proc/[0-9]*; do readlink $p/exe; done").Good();
        Assert.All(links.Split('\n', StringSplitOptions.RemoveEmptyEntries), link => Assert.Equal("/bin/busybox", link));
        string maps = Run("cat /proc/1/maps").Good();
        Assert.DoesNotContain("memfd", maps, StringComparison.Ordinal);
    }

    [Fact]
    public void A_descriptor_of_the_program_kept_beyond_the_container_cannot_change_it()
    {
        FileDescriptor? kept = null;
        _ = Fixture.Run(Script("sleep 1") with { Init = true }, during: container => kept = OpenProgram(container));
        using (kept)
        {
            Assert.False(TryOverwrite(kept!));
        }

        AssertHelperIsWhole();
    }

    [Fact]
    public void Without_the_seals_a_kept_descriptor_overwrites_the_program()
    {
        using FileDescriptor unsealed = Memfd.Create("pscontainers", HelperBytes());
        FileDescriptor? kept = null;
        _ = EditedLaunch.Run(Fixture, Script("sleep 1") with { Init = true }, _ => { }, unsealed, during: container => kept = OpenProgram(container));
        using (kept)
        {
            Assert.True(EngineFixture.Patiently(() => TryOverwrite(kept!)), "the program is not overwritten");
        }
    }

    private const string Overwrite = "if echo x 2>/dev/null 1<>/proc/1/exe; then echo overwritten; else echo not written; fi";

    private static FileDescriptor OpenProgram(ContainerSnapshot container) =>
        Files.Open(Files.CurrentFolder, string.Create(CultureInfo.InvariantCulture, $"/proc/{container.ProcessId}/exe"), LibC.O_RDONLY);

    private static bool TryOverwrite(FileDescriptor program)
    {
        using FileDescriptor? writable = Files.TryOpen(Files.CurrentFolder, $"/proc/self/fd/{program.Number}", LibC.O_RDWR, 0, out _);
        return writable is not null && FileContent.TryWriteAt(writable, "#!/evil\n"u8, 0) == Errno.None;
    }

    private static void AssertHelperIsWhole()
    {
        Assert.False(TryOverwrite(HelperProgram.File));
        byte[] expected = HelperBytes();
        byte[] actual = new byte[expected.Length];
        Assert.Equal(expected.Length, Files.ReadAt(HelperProgram.File, actual, 0, "helper"));
        Assert.Equal(expected, actual);
    }

    private static byte[] HelperBytes()
    {
        using Stream resource = typeof(HelperProgram).Assembly.GetManifestResourceStream("helper")!;
        byte[] bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }
}
