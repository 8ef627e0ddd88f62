using System.Diagnostics;
using Containers.Engine.Cgroups;
using Containers.Engine.Maintenance;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Engine.Tests.Runtime;

namespace Containers.Engine.Tests.Maintenance;

/// <summary>What is out of order is found and mended, and nothing else is touched.</summary>
public sealed class StorageRepairTests : IDisposable
{
    private static readonly string Nobody = new('a', 64);
    private readonly EngineFixture fixture = new();
    private string? root;

    private ContainerEngine Engine => fixture.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void Containers_in_order_are_not_touched()
    {
        ContainerSnapshot made = Create("made"), running = Start(Create("running")), ended = Start(Create("ended", "echo text"));
        ContainerSnapshot goes = Start(Engine.Create(Options("sleep 1000") with { RemoveOnExit = true, Name = "goes" }, Cancellation));
        _ = Engine.Wait(ended.Id, TimeSpan.FromMinutes(1), Cancellation);

        Assert.Empty(Engine.FindStale(Cancellation));
        Directory.Delete($"{fixture.RuntimeRoot}/containers/{made.Id}");
        Assert.Empty(Engine.FindStale(Cancellation));
        Assert.Equal(["text"], Engine.ReadLog(ended.Id, new Engine.Logs.LogQuery(), Cancellation).Select(line => line.Text.TrimEnd()));
        Assert.Equal(ContainerState.Running, Engine.Get(running.Id).State);
        Assert.Equal(ContainerState.Running, Engine.Get(goes.Id).State);
        fixture.RemoveContainers();
    }

    [Theory]
    [InlineData("run")]
    [InlineData("state")]
    public void A_container_half_made_goes_with_its_name_unless_its_maker_lives(string where)
    {
        _ = Engine;
        Directory.CreateDirectory($"{fixture.Root}/{where}/containers/{Nobody}/upper");
        File.CreateSymbolicLink($"{fixture.StateRoot}/names/half", Nobody);
        using (var store = new ContainerStore(new StorageRoots(fixture.StateRoot, fixture.RuntimeRoot)))
        using (store.Lock(Nobody, Cancellation))
        {
            Assert.Empty(Engine.FindStale(Cancellation));
            Assert.False(Engine.Mend(new StorageFinding(FindingKind.Container, FindingProblem.Incomplete, Nobody, "half"), force: true, Cancellation));
        }

        StorageFinding found = MendTheOnlyOne();

        Assert.Equal(new StorageFinding(FindingKind.Container, FindingProblem.Incomplete, Nobody, "half"), found);
        Assert.Empty(fixture.Leftovers());
    }

    [Fact]
    public void A_container_that_was_to_go_and_lost_its_monitor_goes()
    {
        ContainerSnapshot container = Start(Engine.Create(Options("sleep 1000") with { RemoveOnExit = true }, Cancellation));
        Kill(container.MonitorProcessId!.Value);
        Assert.True(EngineFixture.Patiently(() => Engine.Get(container.Id).State == ContainerState.Exited), "it does not end with its monitor");

        StorageFinding found = MendTheOnlyOne();

        Assert.Equal((FindingKind.Container, FindingProblem.NotRemoved, container.Name), (found.Kind, found.Problem, found.Name));
        Assert.Empty(fixture.Leftovers());
    }

    [Fact]
    public void Nothing_is_repaired_or_cleared_where_a_folder_of_the_store_is_away()
    {
        ContainerSnapshot container = Start(Create("one"));
        string folder = $"{fixture.StateRoot}/containers";
        Directory.Move(folder, folder + ".away");
        try
        {
            // As where the file system on which it lies is not mounted.
            Directory.CreateDirectory(folder);
            using ContainerEngine other = fixture.OpenAnother();
            EngineException refused = Assert.Throws<EngineException>(() => other.FindStale(Cancellation));
            Assert.Equal(EngineErrorReason.Storage, refused.Reason);
            Assert.Contains("not mounted", refused.Message, StringComparison.Ordinal);
            var finding = new StorageFinding(FindingKind.Container, FindingProblem.Incomplete, container.Id, "one");
            Assert.Throws<EngineException>(() => other.Mend(finding, force: true, Cancellation));
            Assert.Throws<EngineException>(() => other.FindClearable(new ClearingScope { Kinds = [StorageKind.Leftover] }, Cancellation));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            Directory.Move(folder + ".away", folder);
        }

        using ContainerEngine again = fixture.OpenAnother();
        Assert.Empty(again.FindStale(Cancellation));
        Assert.Equal((container.ProcessId, ContainerState.Running), (again.Get("one").ProcessId, again.Get("one").State));
        fixture.RemoveContainers();
    }

    [Fact]
    public void A_container_without_its_files_goes()
    {
        ContainerSnapshot container = Engine.Create(Options("true") with { RemoveOnExit = true }, Cancellation);
        Directory.Delete($"{fixture.StateRoot}/containers/{container.Id}", recursive: true);

        Assert.Equal(FindingProblem.WithoutFiles, MendTheOnlyOne().Problem);
        Assert.Empty(fixture.Leftovers());
    }

    [Fact]
    public void A_container_with_a_damaged_document_is_told_and_goes_only_by_force()
    {
        ContainerSnapshot container = Start(Create("damaged"));
        string document = $"{fixture.StateRoot}/containers/{container.Id}/container.json";
        File.WriteAllText(document, File.ReadAllText(document)[..100]);

        StorageFinding found = Assert.Single(Engine.FindStale(Cancellation));
        Assert.Equal((FindingProblem.Damaged, "damaged", true), (found.Problem, found.Name, found.NeedsForce));
        Assert.False(Engine.Mend(found, force: false, Cancellation));
        Assert.True(Directory.Exists($"/proc/{container.ProcessId}"));
        Assert.True(Directory.Exists($"{fixture.StateRoot}/containers/{container.Id}"));

        Assert.True(Engine.Mend(found, force: true, Cancellation));
        Assert.Empty(Engine.List());
        Assert.True(EngineFixture.Patiently(() => fixture.Leftovers().Length == 0), string.Join("; ", fixture.Leftovers()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Kernel", "CgroupV2")]
    public void Cgroups_of_a_container_that_does_not_run_go_with_the_processes_in_them(bool hasProcess)
    {
        ContainerSnapshot container = Create("ended", "echo text");
        _ = Engine.Wait(Start(container).Id, TimeSpan.FromMinutes(1), Cancellation);
        byte[] log = File.ReadAllBytes($"{fixture.StateRoot}/containers/{container.Id}/container.log");
        using Process? process = MakeCgroup(container.Id, hasProcess);

        StorageFinding found = MendTheOnlyOne();

        Assert.Equal((FindingKind.Cgroup, FindingProblem.NotRunning, hasProcess ? 1 : 0), (found.Kind, found.Problem, found.Processes));
        Assert.True(process is null || process.WaitForExit(10_000), "the process goes on");
        Assert.Equal(log, File.ReadAllBytes($"{fixture.StateRoot}/containers/{container.Id}/container.log"));
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Cgroups_of_a_container_that_is_gone_go_and_those_of_an_engine_on_other_roots_stay()
    {
        ContainerSnapshot container = Start(Create("gone"));
        string elsewhere = fixture.MakeFolder("elsewhere");
        File.WriteAllText($"{elsewhere}/config.json", $$"""{ "stateRoot": "{{elsewhere}}/state", "runtimeRoot": "{{elsewhere}}/run", "cgroupParent": "{{fixture.CgroupParent}}" }""");
        using (ContainerEngine other = ContainerEngine.Open($"{elsewhere}/config.json"))
        {
            Assert.Empty(other.FindStale(Cancellation));
            Assert.False(Engine.Mend(new StorageFinding(FindingKind.Cgroup, FindingProblem.WithoutContainer, container.Id, "gone"), force: true, Cancellation));
        }

        Kill(container.MonitorProcessId!.Value);
        Assert.True(EngineFixture.Patiently(() => !Directory.Exists($"/proc/{container.ProcessId}")), "it does not end with its monitor");
        Directory.Delete($"{fixture.StateRoot}/containers/{container.Id}", recursive: true);
        Directory.Delete($"{fixture.RuntimeRoot}/containers/{container.Id}", recursive: true);
        File.Delete($"{fixture.StateRoot}/names/gone");

        StorageFinding found = MendTheOnlyOne();

        Assert.Equal((FindingKind.Cgroup, FindingProblem.WithoutContainer, container.Id), (found.Kind, found.Problem, found.Id));
        Assert.Empty(fixture.Leftovers());
    }

    [Fact]
    public void A_name_that_leads_nowhere_is_given_up()
    {
        _ = Create("kept");
        File.CreateSymbolicLink($"{fixture.StateRoot}/names/stale", Nobody);

        Assert.Equal((FindingProblem.WithoutContainer, "stale"), (MendTheOnlyOne() is var found ? found.Problem : default, found.Name));
        Assert.Equal(["kept"], Names());
        fixture.RemoveContainers();
    }

    [Fact]
    public void A_second_name_is_given_up_and_a_lost_one_is_given_again()
    {
        ContainerSnapshot container = Create("right");
        File.CreateSymbolicLink($"{fixture.StateRoot}/names/second", container.Id);
        Assert.Equal((FindingProblem.Superfluous, "second"), (MendTheOnlyOne() is var found ? found.Problem : default, found.Name));
        Assert.Equal(["right"], Names());

        File.Delete($"{fixture.StateRoot}/names/right");
        Assert.Equal(FindingProblem.Missing, MendTheOnlyOne().Problem);
        Assert.Equal(container.Id, Engine.Get("right").Id);
        fixture.RemoveContainers();
    }

    [Fact]
    public void A_name_that_leads_to_another_container_is_told_and_left()
    {
        ContainerSnapshot one = Create("one"), two = Create("two");
        File.Delete($"{fixture.StateRoot}/names/one");
        File.CreateSymbolicLink($"{fixture.StateRoot}/names/one", two.Id);

        IReadOnlyList<StorageFinding> found = Engine.FindStale(Cancellation);
        Assert.Equal(
            [(FindingProblem.Superfluous, two.Id), (FindingProblem.TakenByAnother, one.Id)],
            found.Select(finding => (finding.Problem, finding.Id)).Order());
        Assert.False(Engine.Mend(found.Single(finding => finding.Problem == FindingProblem.TakenByAnother), force: true, Cancellation));

        // The other's second name given up, the first one can have it again.
        Assert.True(Engine.Mend(found.Single(finding => finding.Problem == FindingProblem.Superfluous), force: false, Cancellation));
        Assert.Equal(FindingProblem.Missing, MendTheOnlyOne().Problem);
        Assert.Equal(one.Id, Engine.Get("one").Id);
        fixture.RemoveContainers();
    }

    [Fact]
    public void What_is_left_of_a_mount_and_of_work_on_images_goes()
    {
        _ = Engine.Images;
        Directory.CreateDirectory($"{fixture.RuntimeRoot}/mounts/0123456789ab/root");
        File.WriteAllText($"{fixture.RuntimeRoot}/mounts/0123456789ab/mount.json", """{ "imageId": "sha256:0", "imageName": "app", "layers": [] }""");
        File.WriteAllBytes($"{Directory.CreateDirectory($"{fixture.StateRoot}/staging/dead").FullName}/half", new byte[100_000]);

        IReadOnlyList<StorageFinding> found = Engine.FindStale(Cancellation);
        Assert.Equal([(FindingKind.Mount, "0123456789ab"), (FindingKind.Leftover, string.Empty)], found.Select(finding => (finding.Kind, finding.Name)));
        Assert.All(found, finding => Assert.True(Engine.Mend(finding, force: false, Cancellation)));
        Assert.All(found, finding => Assert.False(Engine.Mend(finding, force: false, Cancellation)));
        Assert.Empty(Engine.FindStale(Cancellation));
        Assert.Empty(Directory.GetFileSystemEntries($"{fixture.RuntimeRoot}/mounts"));
        Assert.Empty(Directory.GetFileSystemEntries($"{fixture.StateRoot}/staging"));
    }

    [Fact]
    public void Two_sessions_repair_at_once_while_others_make_and_remove_containers()
    {
        ContainerSnapshot kept = Start(Create("kept"));
        string shared = fixture.MakeFolder("shared");
        Process[] sessions =
        [
            .. Enumerable.Range(0, 2).Select(i => SessionToKill.Start(nameof(SessionToKill.RepairUntilTold), fixture.ConfigurationPath, $"repair{i}", shared)),
            .. Enumerable.Range(0, 2).Select(i => SessionToKill.Start(nameof(SessionToKill.MakeAndRemoveUntilTold), fixture.ConfigurationPath, root!, shared)),
        ];
        try
        {
            for (int i = 0; i < 20; i++)
            {
                // Half made, as by a session that died.
                string id = i.ToString("d64", null);
                Directory.CreateDirectory($"{fixture.RuntimeRoot}/containers/{id}");
                File.CreateSymbolicLink($"{fixture.StateRoot}/names/half{i}", id);
                Assert.True(EngineFixture.Patiently(() => !Path.Exists($"{fixture.RuntimeRoot}/containers/{id}") && !Names().Contains($"half{i}")), $"{i} is not repaired");
            }

            File.WriteAllText($"{shared}/stop", string.Empty);
            Assert.All(sessions, session => Assert.True(session.WaitForExit(60_000) && session.ExitCode == 0, Failure(shared)));
        }
        finally
        {
            Array.ForEach(sessions, End);
        }

        string[] mended = [.. Directory.GetFiles(shared, "repair*").SelectMany(File.ReadAllLines)];

        // A claim in the instant before its maker locks it may be taken for a dead session's: it is made again.
        Assert.Equal(
            Enumerable.Range(0, 20).Select(i => $"half{i}").Order(StringComparer.Ordinal),
            mended.Where(name => name.StartsWith("half", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(kept.ProcessId, Engine.Get("kept").ProcessId);
        Assert.Single(Engine.List());
        Assert.Empty(Engine.FindStale(Cancellation));
        fixture.RemoveContainers();
    }

    private static string Failure(string shared) =>
        File.Exists($"{shared}/{SessionToKill.FailureName}") ? File.ReadAllText($"{shared}/{SessionToKill.FailureName}") : "a session does not end, and does not say why";

    private static void End(Process session)
    {
        using (session)
        {
            session.Kill();
            session.WaitForExit();
        }
    }

    private static void Kill(int pid)
    {
        using Process process = Process.GetProcessById(pid);
        process.Kill();
    }

    private StorageFinding MendTheOnlyOne()
    {
        StorageFinding found = Assert.Single(Engine.FindStale(Cancellation));
        Assert.True(Engine.Mend(found, force: false, Cancellation));
        Assert.False(Engine.Mend(found, force: false, Cancellation));
        Assert.Empty(Engine.FindStale(Cancellation));
        return found;
    }

    /// <summary>As a session that died while it started the container leaves them.</summary>
    private Process? MakeCgroup(string id, bool hasProcess)
    {
        using CgroupManager manager = CgroupManager.Detect(fixture.CgroupParent);
        using ContainerCgroup cgroup = manager.Create(id, new ResourceLimits(), DevicePolicy.AllowAll);
        if (!hasProcess)
        {
            return null;
        }

        Process process = Process.Start("sleep", ["1000"]);
        foreach ((Interop.FileDescriptor parent, string name) in cgroup.Removals)
        {
            Interop.Files.WriteText(parent.Number, $"{name}/cgroup.procs", process.Id.ToString(null, null));
        }

        return process;
    }

    private string[] Names() => [.. Directory.GetFileSystemEntries($"{fixture.StateRoot}/names").Select(path => Path.GetFileName(path)!)];

    private ContainerSnapshot Create(string name, string script = "sleep 1000") => Engine.Create(Options(script) with { Name = name }, Cancellation);

    private ContainerSnapshot Start(ContainerSnapshot container) => Engine.Start(container.Id, Cancellation);

    private ContainerOptions Options(string script) => new() { RootFileSystem = root ??= fixture.MakeRoot(), Command = ["sh", "-c", script] };
}
