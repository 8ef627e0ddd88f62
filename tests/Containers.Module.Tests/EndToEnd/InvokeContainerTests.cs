using System.Diagnostics;
using System.Management.Automation;
using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.EndToEnd;

public sealed class InvokeContainerTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new(typeof(StopUpstreamCommand));

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Lines_of_output_come_as_strings() =>
        Assert.Equal(["a", "", "b c"], _engine.Run("Invoke-Container host -Rm -- sh -c 'echo a; echo; printf \"b c\"'").Lines);

    [Theory]
    [InlineData("true", 0)]
    [InlineData("false", 1)]
    [InlineData("sh -c 'exit 42'", 42)]
    [InlineData("sh -c 'sh -c \"kill -9 \\$\\$\"; exit $?' 2>$null", 137)]
    public void The_exit_code_is_in_LASTEXITCODE_without_an_error(string command, int code) =>
        Assert.Equal([$"{code == 0} {code}"], _engine.Run($"Invoke-Container host -Rm -- {command}; \"$? $LASTEXITCODE\"").Lines);

    [Theory]
    [InlineData("no-such-command", 127, "ContainerCommandNotFound")]
    [InlineData("/no/such/command", 127, "ContainerCommandNotFound")]
    [InlineData("/etc/passwd", 126, "ContainerCommandNotExecutable")]
    [InlineData("/etc", 126, "ContainerCommandNotExecutable")]
    public void A_command_that_cannot_be_run_is_an_error_with_the_shells_exit_code(string command, int code, string id)
    {
        var result = _engine.Session.Run($"Invoke-Container host -Rm -- {command}; \"$? $LASTEXITCODE\"");

        Assert.Equal([$"False {code}"], result.Lines);
        var error = Assert.Single(result.Errors);
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(_engine.Run("Get-Container").Output);
    }

    [Fact]
    public void An_image_that_is_not_there_is_an_error_with_exit_code_125()
    {
        var result = _engine.Session.Run("Invoke-Container no-such-image -Rm -- true; \"$? $LASTEXITCODE\"");

        Assert.Equal(["False 125"], result.Lines);
        Assert.StartsWith("ContainerImageNotFound,", Assert.Single(result.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith(
            "ContainerPathNotFound,", _engine.Fails("New-Container host -Volume /no/such/folder:/mnt -- true").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void The_pipeline_is_standard_input() =>
        Assert.Equal(["3", "2", "1"], _engine.Run("1..3 | Invoke-Container host -Rm -- sort -rn").Lines);

    [Fact]
    public void Without_a_pipeline_standard_input_is_empty() =>
        Assert.Equal(["0"], _engine.Run("Invoke-Container host -Rm -- wc -c").Lines);

    [Fact]
    public void Output_flows_while_input_is_still_coming()
    {
        var result = _engine.Run(
            "$seen = 0; 1..40 | ForEach-Object { [System.Threading.Thread]::Sleep(50); $_ } | Invoke-Container host -Rm -- cat | ForEach-Object { if (!$seen) { $seen = [Environment]::TickCount64 } }; [Environment]::TickCount64 - $seen");

        // The first line came at least a second before the last.
        Assert.InRange((long)result.Single, 1000, long.MaxValue);
    }

    [Fact]
    public void Fifty_megabytes_of_bytes_pass_both_ways()
    {
        const int Megabytes = 50;
        var chunk = new byte[1024 * 1024];
        Random.Shared.NextBytes(chunk);

        var result = _engine.Run(
            "$input | Invoke-Container host -Rm -AsByteStream -- cat", Enumerable.Repeat(new PSObject(chunk), Megabytes).ToArray());

        var bytes = result.Output.SelectMany(o => (byte[])o.BaseObject).ToArray();
        Assert.Equal(Megabytes * chunk.Length, bytes.Length);
        for (var i = 0; i < Megabytes; i++)
        {
            Assert.True(bytes.AsSpan(i * chunk.Length, chunk.Length).SequenceEqual(chunk), $"megabyte {i} differs");
        }
    }

    [Fact]
    public void Many_lines_pass_through_a_command_that_answers_at_the_end()
    {
        var result = _engine.Run("1..200000 | Invoke-Container host -Rm -- sort -rn");

        Assert.Equal(Enumerable.Range(1, 200_000).Reverse().Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)), result.Lines);
    }

    [Fact]
    public void Standard_error_takes_the_way_of_native_commands()
    {
        const string Command = "Invoke-Container host -Rm -- sh -c 'echo out; echo err >&2'";

        Assert.Equal(["out"], _engine.Run($"{Command} 2>$null").Lines);
        Assert.Equal(["err", "out"], _engine.Session.Run($"{Command} 2>&1").Lines.Order(StringComparer.Ordinal));
        Assert.Equal(["out"], _engine.Run($"$ErrorActionPreference = 'Stop'; {Command} 2>$null").Lines);
    }

    [Fact]
    public void Output_can_go_to_a_file_as_bytes()
    {
        var file = Path.Combine(_engine.Root, "out.bin");

        Assert.Empty(_engine.Run($"Invoke-Container host -Rm -OutFile {file} -- printf 'a\\377\\nb'").Output);

        Assert.Equal([(byte)'a', 0xFF, (byte)'\n', (byte)'b'], File.ReadAllBytes(file));
    }

    [Fact]
    public void A_result_object_comes_instead_with_PassThru()
    {
        var result = Assert.IsType<ContainerRunResult>(
            _engine.Run("Invoke-Container host -Rm -PassThru -Name result -- sh -c 'echo a; echo b; echo c >&2; exit 3'").Single);

        Assert.Equal(["a", "b"], result.Output);
        Assert.Equal(["c"], result.Error);
        Assert.Equal(3, result.ExitCode);
        Assert.Equal("result", result.ContainerName);
        Assert.InRange(result.Duration!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void With_Rm_nothing_is_left_and_without_it_the_container_is()
    {
        _engine.Run("Invoke-Container host -Rm -- true; Invoke-Container host -Name kept -- sh -c 'exit 5'");

        var kept = Assert.IsType<Container>(_engine.Run("Get-Container").Single);
        Assert.Equal("kept", kept.Name);
        Assert.Equal(ContainerState.Exited, kept.State);
        Assert.Equal(5, kept.ExitCode);
    }

    [Theory]
    [InlineData("-Env A=1, @{ B = 'x y' } -- sh -c 'echo $A$B'", "1x y")]
    [InlineData("-WorkingDirectory /usr -- pwd", "/usr")]
    [InlineData("-HostName inside -- uname -n", "inside")]
    [InlineData("-User 1234:2345 -- id -u", "1234")]
    [InlineData("-User 1234:2345 -- id -g", "2345")]
    [InlineData("-ReadOnly -- sh -c 'touch /x 2>/dev/null || echo refused'", "refused")]
    [InlineData("-Tmpfs '/mnt:size=1m,mode=700' -- stat -f -c %T /mnt", "tmpfs")]
    [InlineData("-Tmpfs '/mnt:size=1m,mode=700' -- stat -c %a /mnt", "700")]
    [InlineData("-Mount 'type=tmpfs,target=/mnt,tmpfs-mode=700' -- stat -c %a /mnt", "700")]
    [InlineData("-Mount @{ type = 'bind'; source = '/usr'; target = '/mnt'; readonly = $true } -- sh -c 'touch /mnt/x 2>/dev/null || test -d /mnt/bin && echo refused'", "refused")]
    [InlineData("-Volume '/usr:/mnt:ro,noexec' -- sh -c '/mnt/bin/id 2>/dev/null || echo refused'", "refused")]
    [InlineData("-ShmSize 1MB -- sh -c 'df -k /dev/shm | tail -n 1 | tr -s \" \" | cut -d \" \" -f 2'", "1024")]
    [InlineData("-Device /dev/zero:/dev/nothing:r -- stat -c %t:%T /dev/nothing", "1:5")]
    [InlineData("-Sysctl kernel.shmmni=77, @{ 'net.ipv4.ip_forward' = 1 } -- cat /proc/sys/kernel/shmmni /proc/sys/net/ipv4/ip_forward", "77\n1")]
    [InlineData("-Ulimit nofile=100:200, core=0 -- sh -c 'ulimit -Sn; ulimit -Hn; ulimit -c'", "100\n200\n0")]
    [InlineData("-OomScoreAdj 7 -- cat /proc/self/oom_score_adj", "7")]
    [InlineData("-DomainName a.domain -- cat /proc/sys/kernel/domainname", "a.domain")]
    [InlineData("-AddHost db:10.0.0.5 -- tail -n 1 /etc/hosts", "10.0.0.5\tdb")]
    [InlineData("-Network Host -- true", "")]
    [InlineData("-PidNamespace Host -IpcNamespace host -UtsNamespace Host -- sh -c '[ $$ != 1 ] && [ $(uname -n) = $(cat /proc/sys/kernel/hostname) ] && echo shared'", "shared")]
    [InlineData("-Pid private -- sh -c 'echo $$'", "1")]
    [InlineData("-User 1234 -GroupAdd 77, root -- id -G", "0 77")]
    [InlineData("-CapDrop ALL -- grep CapEff /proc/self/status", "CapEff:\t0000000000000000")]
    [InlineData("-- grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t1")]
    [InlineData("-SecurityOpt no-new-privileges=false -- grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t0")]
    [InlineData("-- grep Seccomp: /proc/self/status", "Seccomp:\t2")]
    [InlineData("-SecurityOpt seccomp=unconfined -- grep Seccomp: /proc/self/status", "Seccomp:\t0")]
    [InlineData("-- echo 010 1e3 10kb 'ro,noexec'", "010 1e3 10kb ro,noexec")]
    public void Parameters_reach_the_container(string arguments, string expected) =>
        Assert.Equal(expected, string.Join('\n', _engine.Run($"Invoke-Container host -Rm {arguments}").Lines));

    [Fact]
    public void Volumes_are_shown_inside_and_read_only_ones_cannot_be_written()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_engine.Root, "data")).FullName;
        File.WriteAllText(Path.Combine(folder, "file"), "from outside\n");

        Assert.Equal(["from outside"], _engine.Run($"Invoke-Container host -Rm -Volume {folder}:/mnt -- sh -c 'cat /mnt/file; echo inside > /mnt/new'").Lines);
        Assert.Equal("inside\n", File.ReadAllText(Path.Combine(folder, "new")));
        Assert.Equal(
            ["refused"], _engine.Run($"Invoke-Container host -Rm -Volume {folder}:/mnt:ro -- sh -c '(echo x > /mnt/x) 2>/dev/null || echo refused'").Lines);
    }

    [Fact]
    public void What_was_asked_is_shown_and_the_id_is_in_its_file()
    {
        var file = Path.Combine(_engine.Root, "cid");
        var made = (Container)_engine.Run(
            $"New-Container host -Name shown -CidFile {file} -StopTimeout 3s -ShmSize 1MB -Device /dev/zero:/dev/z:r -DeviceCgroupRule 'c 1:11 r' -Ulimit core=0 "
            + "-Sysctl kernel.shmmni=77 -AddHost db:10.0.0.5 -OomScoreAdj 5 -DomainName d -Mount 'type=bind,src=/usr,dst=/mnt,ro' -- true").Single;

        Assert.Equal(made.Id, File.ReadAllText(file));
        Assert.Equal(
            "/usr:/mnt:ro /dev/zero:/dev/z:r c 1:11 r core=0:0 77 db:10.0.0.5 5 d 00:00:03 1048576",
            $"{made.Volume[0]} {made.Device[0]} {made.DeviceCgroupRule[0]} {made.Ulimit[0]} {made.Sysctl["kernel.shmmni"]} {made.AddHost[0]} {made.OomScoreAdj} {made.DomainName} {made.StopTimeout} {made.ShmSize}");
        Assert.Contains("is there already", _engine.Fails($"New-Container host -CidFile {file} -- true").Exception.Message, StringComparison.Ordinal);
        File.Delete(file);
        _ = _engine.Fails($"Invoke-Container host -Detach -CidFile {file} -- /no/such/program");
        Assert.False(File.Exists(file));
        _engine.Run("Remove-Container shown");
    }

    [Fact]
    public void Namespaces_of_another_container_are_shared_and_shown()
    {
        _engine.Run("New-Container host -Name first -- sleep 1000 | Start-Container");
        Assert.Equal(["sleep"], _engine.Run("Invoke-Container -Rm -PidNamespace container:first host -- cat /proc/1/comm").Lines);
        var made = (Container)_engine.Run("New-Container host -Name second -PidNamespace (Get-Container first) -IpcNamespace Container:first -UtsNamespace Host -GroupAdd 5 -- true").Single;
        Assert.Equal(("container:first", "container:first", "host", "5"), (made.PidNamespace, made.IpcNamespace, made.UtsNamespace, made.GroupAdd.Single()));
        Assert.Contains("container:NAME", _engine.Fails("New-Container host -PidNamespace first -- true").Exception.Message, StringComparison.Ordinal);
        _engine.Run("Remove-Container -Force first, second");
    }

    [Fact]
    public void A_reader_that_closes_the_pipeline_ends_the_container()
    {
        var elapsed = Stopwatch.StartNew();

        Assert.Equal(["y"], _engine.Run("Invoke-Container host -Rm -- yes | Select-First").Lines);

        Assert.InRange(elapsed.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Empty(_engine.Run("Get-Container").Output);
    }

    [Fact]
    public void A_break_downstream_ends_the_container()
    {
        _engine.Run("do { Invoke-Container host -Rm -- yes | ForEach-Object { break } } while ($false)");

        Assert.Empty(_engine.Run("Get-Container").Output);
    }

    [Fact]
    public void An_error_upstream_ends_the_container()
    {
        _engine.Session.Run("try { 1..3 | ForEach-Object { $_; if ($_ -eq 2) { throw 'upstream' } } | Invoke-Container host -Rm -- cat } catch { }");

        Assert.Empty(_engine.Run("Get-Container").Output);
    }

    [Theory]
    [InlineData("sleep 1000")]
    [InlineData("sh -c 'trap \"exit 0\" INT; while :; do sleep 0.1; done'")]
    [InlineData("yes")]
    public void Stopping_the_pipeline_ends_the_container(string command)
    {
        using var pipeline = _engine.Session.CreatePipeline($"Invoke-Container host -Rm -- {command} | ForEach-Object {{ }}");
        var running = pipeline.BeginInvoke();
        Thread.Sleep(1500);
        Assert.False(running.IsCompleted);
        var elapsed = Stopwatch.StartNew();

        pipeline.Stop();

        Assert.InRange(elapsed.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Empty(_engine.Run("Get-Container").Output);
    }

    [Fact]
    public void A_detached_container_runs_on_its_own()
    {
        var container = Assert.IsType<Container>(_engine.Run("Invoke-Container host -Detach -Name detached -- sleep 1000").Single);

        Assert.Equal(ContainerState.Running, container.State);
        Assert.Equal("detached", container.Name);
        Assert.Equal(ContainerState.Exited, Assert.IsType<Container>(_engine.Run("Stop-Container detached -Timeout 0 -PassThru").Single).State);
    }

    [Fact]
    public void A_detached_command_that_is_not_there_leaves_no_container()
    {
        Assert.StartsWith("ContainerCommandNotFound,", _engine.Fails("Invoke-Container host -Detach -- no-such-command").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(_engine.Run("Get-Container").Output);
    }

    [Theory]
    [InlineData("Invoke-Container host -Detach -PassThru -- true", "DetachWithOutput")]
    [InlineData("1 | Invoke-Container host -Detach -- true", "DetachWithInput")]
    [InlineData("Invoke-Container host -AsByteStream -PassThru -- true", "OutputFormsExclude")]
    [InlineData("Invoke-Container host -OutFile /no/such/folder/file -- true", "OutFileNotWritable")]
    [InlineData("Invoke-Container host -SecurityOpt seccomp=/no/such/file -- true", "SeccompProfileNotReadable")]
    [InlineData("Invoke-Container -it host sh", "CommandBeginsWithDash")]
    public void What_contradicts_itself_is_refused_before_anything_is_made(string script, string id)
    {
        Assert.StartsWith(id + ",", _engine.Fails(script).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(_engine.Run("Get-Container").Output);
    }

    [Fact]
    public void WhatIf_runs_nothing()
    {
        Assert.Empty(_engine.Run("Invoke-Container host -WhatIf -- sh -c 'echo ran'").Output);
        Assert.Empty(_engine.Run("Get-Container").Output);
    }

    [Fact]
    public void Interactive_passes_the_sessions_own_input_on()
    {
        var result = ShellProcess.Run(
            Repository.Shell, ["-Command", "Invoke-Container host -Rm -Interactive -- cat"], input: "typed\nlines\n");

        Assert.Equal(("typed\nlines\n", "", 0), (result.Output, result.Error, result.ExitCode));
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_memory_limit_that_is_exceeded_is_told_in_the_result()
    {
        // tail keeps what has no newline.
        var result = Assert.IsType<ContainerRunResult>(
            _engine.Run("Invoke-Container host -PassThru -Name greedy -Memory 32m -- tail /dev/zero").Single);

        Assert.Equal((137, ContainerStateReason.OutOfMemory), (result.ExitCode, result.Reason));
        Assert.Contains(_engine.Session.Show("Get-Container greedy").OutputLines, line => line.Contains("Exited (137, OutOfMemory)", StringComparison.Ordinal));
    }
}
