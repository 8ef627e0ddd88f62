using Containers.Engine.Runtime;
using Containers.Engine.Runtime.Launch;
using Containers.Init;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Tests.Attacks;

/// <summary>
/// runc CVE-2019-16884, CVE-2019-19921, CVE-2023-27561, CVE-2023-28642, CVE-2025-31133, CVE-2025-52881: the image or a volume
/// puts something of its own where the runtime takes /proc or /dev/null to be.
/// </summary>
public sealed class ProcTests : AttackTest
{
    [Theory]
    [InlineData("proc")]
    [InlineData("sys")]
    [InlineData("dev")]
    public void A_kernel_folder_that_the_image_makes_a_link_is_refused(string name)
    {
        Directory.CreateDirectory($"{Image}/fake");
        foreach (string target in (string[])["fake", "/fake", HostFolder])
        {
            File.CreateSymbolicLink($"{Image}/{name}", target);
            Assert.Contains($"'/{name}'", Refused(Script("true")), StringComparison.Ordinal);
            File.Delete($"{Image}/{name}");
        }

        File.WriteAllText($"{Image}/{name}", "a file");
        Assert.Contains($"'/{name}'", Refused(Script("true")), StringComparison.Ordinal);
        AssertHostFolderIsUntouched();
    }

    [Fact]
    public void Without_the_check_proc_is_mounted_where_the_link_leads()
    {
        Directory.CreateDirectory($"{Image}/fake");
        File.CreateSymbolicLink($"{Image}/proc", "fake");
        RunResult result = RunEdited(Script("ls -ld /proc; test -e /fake/self/status && echo it is at /fake"), plan =>
        {
            PlanArgument path = plan.Add("proc");
            PlanEdit.Replace(ref plan.Step("opening the mount point (a plain folder it must be) '/proc'", 1), SysNr.Openat, PlanArgument.Register(PlanRegister.First), path, 0x200000 | 0x80000);
        });
        Assert.Contains("it is at /fake", result.Good(), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_the_image_has_below_proc_are_covered_by_the_real_ones()
    {
        Directory.CreateDirectory($"{Image}/proc/self/attr");
        Directory.CreateDirectory($"{Image}/proc/sys/kernel");
        File.WriteAllText($"{Image}/proc/version", "fake");
        File.WriteAllText($"{Image}/proc/self/oom_score_adj", "fake");
        string output = Run("cat /proc/version /proc/self/oom_score_adj; grep ' /proc ' /proc/self/mounts").Good();
        Assert.DoesNotContain("fake", output, StringComparison.Ordinal);
        Assert.Contains("Linux version", output, StringComparison.Ordinal);
        Assert.Contains("\n0\n", output, StringComparison.Ordinal);
        Assert.Contains("proc /proc proc ", output, StringComparison.Ordinal);
        Assert.Equal("fake", File.ReadAllText($"{Image}/proc/self/oom_score_adj"));
    }

    [Theory]
    [InlineData("/proc")]
    [InlineData("/proc/")]
    [InlineData("//proc/./sys")]
    [InlineData("/etc/../proc")]
    [InlineData("/proc/self/attr")]
    [InlineData("/sys")]
    [InlineData("/dev")]
    public void Nothing_is_mounted_on_a_kernel_folder(string target)
    {
        _ = Refused(Script("true") with { Volumes = [new BindMount(HostFolder, target, ReadOnly: true)] }, EngineErrorReason.InvalidArgument);
        _ = Refused(Script("true") with { Tmpfs = [new TmpfsMount(target)] }, EngineErrorReason.InvalidArgument);
    }

    [Fact]
    public void A_volume_that_a_link_of_the_image_leads_onto_proc_is_refused()
    {
        MakeLinksToProc();
        foreach (string target in (string[])["/to-proc", "/to-proc/sys", "/chain", "/relative/sys/kernel"])
        {
            string sentence = Refused(Script("true") with { Volumes = [new BindMount(HostFolder, target, ReadOnly: false)] });
            Assert.Contains("procfs", sentence, StringComparison.Ordinal);
            Assert.Contains("procfs", Refused(Script("true") with { Tmpfs = [new TmpfsMount(target)] }), StringComparison.Ordinal);
        }

        // By way of a magic link nothing is resolved at all.
        foreach (string target in (string[])["/to-root/inner", "/to-cwd/inner"])
        {
            _ = Refused(Script("true") with { Volumes = [new BindMount(HostFolder, target, ReadOnly: false)] });
        }

        AssertHostFolderIsUntouched();
    }

    [Fact]
    public void Without_the_check_a_volume_covers_proc_and_yet_the_start_writes_to_the_real_one()
    {
        MakeLinksToProc();
        ContainerOptions options = Script("cat /proc/self/oom_score_adj") with { Volumes = [new BindMount(MakeFakeProc(), "/to-proc", ReadOnly: false)] };
        RunResult result = RunEdited(options, plan => plan.LeaveOut("mounting the volume", PlanOperation.VerifyFileSystem));
        Assert.Equal("fake", result.Good());
        Assert.Equal("fake", File.ReadAllText($"{Fixture.Root}/fake-proc/self/oom_score_adj"));
    }

    [Fact]
    public void Without_the_check_and_the_descriptor_of_proc_the_start_writes_into_the_volume()
    {
        MakeLinksToProc();
        ContainerOptions options = Script("true") with { Volumes = [new BindMount(MakeFakeProc(), "/to-proc", ReadOnly: false)] };
        _ = RunEdited(options, plan =>
        {
            plan.LeaveOut("mounting the volume", PlanOperation.VerifyFileSystem);
            PlanArgument path = plan.Add("proc/self/oom_score_adj");
            ref PlanStep write = ref plan.Step("setting 'oom_score_adj'");
            (write.A, write.B) = (PlanRegister.First, path.Value);
        });
        Assert.StartsWith("0", File.ReadAllText($"{Fixture.Root}/fake-proc/self/oom_score_adj"), StringComparison.Ordinal);
    }

    [Fact]
    public void Masked_files_are_the_null_device_whatever_the_image_has_at_dev_null()
    {
        Directory.CreateDirectory($"{Image}/dev");
        File.CreateSymbolicLink($"{Image}/dev/null", "/proc/sys/kernel/core_pattern");
        string output = Run("for f in keys timer_list interrupts; do test -e /proc/$f && stat -c '%F %t:%T' /proc/$f; done; stat -c '%F %t:%T' /dev/null").Good();
        Assert.All(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Equal("character special file 1:3", line));
    }

    [Fact]
    public void A_null_device_that_is_another_file_ends_the_start()
    {
        EngineException error = Assert.Throws<EngineException>(() => RunEdited(Script("true"), SwapNullDevice));
        Assert.Contains("not the null device", error.Message, StringComparison.Ordinal);
        Assert.Equal("secret of the host", File.ReadAllText($"{HostFolder}/secret"));
    }

    [Fact]
    public void Without_the_check_the_swapped_null_device_is_written_to_through_a_masked_file()
    {
        _ = RunEdited(Script("echo taken > /proc/keys"), plan =>
        {
            SwapNullDevice(plan);
            plan.LeaveOut("checking that this is the null device");
        }).Good();
        Assert.Equal("taken\n", File.ReadAllText($"{HostFolder}/secret"));
    }

    [Fact]
    public void Mounts_racing_in_a_shared_root_do_not_redirect_what_the_start_writes()
    {
        // "proc" of the image is now a folder, now a link to a folder with files of the same names.
        string fake = MakeFakeProc();
        Directory.CreateDirectory($"{Image}/proc");
        File.CreateSymbolicLink($"{Image}/other", fake);
        using var end = new CancellationTokenSource();
        var racer = new Thread(() =>
        {
            using FileDescriptor folder = Files.Open(Files.CurrentFolder, Image, Tmds.Linux.LibC.O_RDONLY | Tmds.Linux.LibC.O_DIRECTORY);
            using var proc = new CText("proc");
            using var other = new CText("other");
            while (!end.IsCancellationRequested)
            {
                // EBUSY where a container's mount pins the folder: only in another mount namespace, so it does not occur.
                _ = Sys.Forward(SysNr.Renameat2, folder.Number, proc.Address, folder.Number, other.Address, 2);
            }
        });
        racer.Start();
        int started = 0, refused = 0;
        try
        {
            for (int i = 0; i < 30; i++)
            {
                try
                {
                    _ = Fixture.Run(Script("true"));
                    started++;
                }
                catch (EngineException e) when (e.Reason == EngineErrorReason.LaunchFailed)
                {
                    refused++;
                }
            }
        }
        finally
        {
            end.Cancel();
            racer.Join();
        }

        Assert.True(started > 0 && refused > 0, $"{started} containers started, {refused} were refused: no race");
        Assert.Equal("fake", File.ReadAllText($"{fake}/self/oom_score_adj"));
    }

    private void MakeLinksToProc()
    {
        File.CreateSymbolicLink($"{Image}/to-proc", "/proc");
        File.CreateSymbolicLink($"{Image}/relative", "../../../proc");
        File.CreateSymbolicLink($"{Image}/chain", "to-proc/sys");
        File.CreateSymbolicLink($"{Image}/to-root", "/proc/self/root");
        File.CreateSymbolicLink($"{Image}/to-cwd", "/proc/self/cwd");
    }

    private string MakeFakeProc()
    {
        string fake = Fixture.MakeFolder("fake-proc");
        Directory.CreateDirectory($"{fake}/self");
        File.WriteAllText($"{fake}/self/oom_score_adj", "fake");
        return fake;
    }

    private void SwapNullDevice(PlanEdit plan)
    {
        PlanArgument secret = plan.Add($"{HostFolder}/secret");
        plan.Step("opening '/dev/null'").B = secret.Value;
    }
}
