using Containers.Engine.Runtime;
using Containers.Engine.Runtime.Launch;
using Containers.Init;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Tests.Attacks;

/// <summary>
/// runc CVE-2021-30465, CVE-2024-45310, crun CVE-2026-47766, podman GHSA-q6r4-3wmg-fwcq: a mount point or a working directory
/// whose path leads through the image's links is made on the host.
/// </summary>
public sealed class MountTargetTests : AttackTest
{
    private const int Exchange = 2;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_mount_point_behind_a_link_to_a_host_folder_is_not_made_on_the_host(bool isVolume)
    {
        MakeLinks();
        foreach (string target in (string[])["/absolute/inner", "/relative/inner", "/absolute", "/relative/a/b/c", "/chain/inner", "/file"])
        {
            ContainerOptions options = Script("cat /proc/self/mountinfo");
            options = isVolume
                ? options with { Volumes = [new BindMount(Fixture.MakeFolder("volume"), target, ReadOnly: false)] }
                : options with { Tmpfs = [new TmpfsMount(target)] };
            RunOrBeRefused(options);
            AssertHostFolderIsUntouched();
        }
    }

    [Fact]
    public void A_file_volume_behind_a_link_to_a_host_folder_is_not_made_on_the_host()
    {
        MakeLinks();
        string file = $"{Fixture.Root}/volume.txt";
        File.WriteAllText(file, "volume");
        foreach (string target in (string[])["/absolute/inner", "/relative/inner", "/chain/a/b", "/file"])
        {
            RunOrBeRefused(Script("true") with { Volumes = [new BindMount(file, target, ReadOnly: true)] });
            AssertHostFolderIsUntouched();
        }
    }

    [Fact]
    public void A_working_directory_behind_a_link_to_a_host_folder_is_not_made_on_the_host()
    {
        MakeLinks();
        foreach (string folder in (string[])["/absolute/inner", "/relative/inner", "/absolute", "/relative/a/b/c", "/chain/inner"])
        {
            foreach (string user in (string[])["0", "1000:1000"])
            {
                RunOrBeRefused(Script("ls") with { WorkingDirectory = folder, User = user });
                AssertHostFolderIsUntouched();
            }
        }
    }

    [Fact]
    public void Without_the_resolution_inside_the_root_the_folders_are_made_on_the_host()
    {
        MakeLinks();
        _ = Assert.Throws<EngineException>(() => RunEdited(Script("true") with { Tmpfs = [new TmpfsMount("/absolute/mount")] }, plan =>
        {
            ref PlanStep step = ref plan.Step("mounting an in-memory folder at '/absolute/mount'", MakeFoldersStep(plan, "mounting an in-memory folder at '/absolute/mount'"));
            MakeByPath(ref step);
        }));
        Assert.True(Directory.Exists($"{HostFolder}/mount"));
        _ = RunEdited(Script("true") with { WorkingDirectory = "/relative/work" }, plan =>
        {
            MakeByPath(ref plan.Step("making the working directory"));
            plan.LeaveOut("entering the working directory").LeaveOut("checking that the working directory");
        });
        Assert.True(Directory.Exists($"{HostFolder}/work"));
    }

    [Fact]
    public void A_mount_point_swapped_for_a_link_while_containers_start_lets_nothing_appear_on_the_host()
    {
        // The shared volume is the attacker's: "spot" is now a folder, now a link to the host's.
        string shared = Fixture.MakeFolder("shared");
        Directory.CreateDirectory($"{shared}/spot");
        File.CreateSymbolicLink($"{shared}/other", HostFolder);
        int swaps = 0, started = 0;
        using var end = new CancellationTokenSource();
        var racer = new Thread(() =>
        {
            using FileDescriptor folder = Files.Open(Files.CurrentFolder, shared, Tmds.Linux.LibC.O_RDONLY | Tmds.Linux.LibC.O_DIRECTORY);
            using var spot = new CText("spot");
            using var other = new CText("other");
            while (!end.IsCancellationRequested)
            {
                long result = Sys.Forward(SysNr.Renameat2, folder.Number, spot.Address, folder.Number, other.Address, Exchange);
                Assert.Equal(0, result);
                swaps++;
            }
        });
        racer.Start();
        try
        {
            for (int i = 0; i < 30; i++)
            {
                try
                {
                    RunResult result = Fixture.Run(Script("cat /proc/self/mountinfo; ls /shared/spot/ 2>/dev/null") with
                    {
                        Volumes = [new BindMount(shared, "/shared", ReadOnly: false)],
                        Tmpfs = [new TmpfsMount("/shared/spot/deep/er")],
                    });
                    Assert.DoesNotContain("secret", result.Output, StringComparison.Ordinal);
                    started++;
                }
                catch (EngineException e) when (e.Reason == EngineErrorReason.LaunchFailed)
                {
                    // The link was there at the wrong moment for the attacker.
                }

                Assert.Equal([$"{HostFolder}/secret"], Directory.EnumerateFileSystemEntries(HostFolder));
            }
        }
        finally
        {
            end.Cancel();
            racer.Join();
        }

        Assert.True(swaps > 100, $"only {swaps} swaps");
        Assert.True(started > 0, "no container started");
        AssertHostFolderIsUntouched();
        Assert.DoesNotContain(File.ReadAllLines("/proc/self/mountinfo"), line => line.Contains(HostFolder, StringComparison.Ordinal));
    }

    [Fact]
    public void A_hundred_volumes_and_in_memory_folders_are_each_in_their_own_place()
    {
        var volumes = new List<BindMount>();
        var tmpfs = new List<TmpfsMount>();
        for (int i = 0; i < 50; i++)
        {
            string source = Fixture.MakeFolder($"volumes/{i}");
            File.WriteAllText($"{source}/number", $"{i}\n");
            volumes.Add(new BindMount(source, $"/volumes/{i}", ReadOnly: i % 2 == 0));
            tmpfs.Add(new TmpfsMount($"/memory/{i}"));
        }

        ContainerOptions options = Script("for i in $(seq 0 49); do test $(cat /volumes/$i/number) = $i && grep -q \" /memory/$i tmpfs\" /proc/mounts || exit 1; done; touch /volumes/1/made && ! touch /volumes/2/made");
        _ = Fixture.Run(options with { Volumes = volumes, Tmpfs = tmpfs }).Good();
    }

    private void MakeLinks()
    {
        string up = string.Concat(Enumerable.Repeat("../", 20));
        File.CreateSymbolicLink($"{Image}/absolute", HostFolder);
        File.CreateSymbolicLink($"{Image}/relative", up + HostFolder.TrimStart('/'));
        File.CreateSymbolicLink($"{Image}/chain", "/absolute");
        File.CreateSymbolicLink($"{Image}/file", $"{HostFolder}/made");
    }

    private void RunOrBeRefused(ContainerOptions options)
    {
        try
        {
            _ = Fixture.Run(options).Good();
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.LaunchFailed)
        {
            Assert.False(string.IsNullOrEmpty(e.Message));
        }
    }

    private static int MakeFoldersStep(PlanEdit plan, string text)
    {
        for (int i = 0; ; i++)
        {
            if (plan.Step(text, i).Operation == PlanOperation.MakeFolders)
            {
                return i;
            }
        }
    }

    /// <summary>mkdirat(2) of the path without its leading slash, as a runtime does that joins paths.</summary>
    private static void MakeByPath(ref PlanStep step) =>
        PlanEdit.Replace(ref step, SysNr.Mkdirat, PlanArgument.Register((int)step.A), PlanArgument.Offset((int)step.B + 1), step.C);
}
