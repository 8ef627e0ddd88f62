using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.EndToEnd;

/// <summary>Namespaces as cmdlets: found, made, entered by commands, script blocks and the session itself.</summary>
public sealed class NamespaceTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new();

    public void Dispose()
    {
        _engine.Session.Run("Exit-Namespace -All; Get-Namespace -Name * | Remove-Namespace -Force");
        _engine.Dispose();
    }

    [Fact]
    public void Objects_of_the_same_namespace_are_equal() =>
        Assert.Equal(
            ["True", "False"],
            _engine.Run("(Get-Namespace net -ProcessId $PID) -eq (Get-Namespace Network | Where-Object IsCurrent); (Get-Namespace net -ProcessId $PID) -eq (Get-Namespace uts -ProcessId $PID)").Lines);

    [Fact]
    public void They_are_made_shown_and_removed()
    {
        Assert.Equal(["Network blue", "Uts blue"], _engine.Run("New-Namespace uts, net blue | ForEach-Object { \"$($_.Type) $($_.Name)\" }").Lines);
        Assert.Equal(["Network", "Uts"], _engine.Run("Get-Namespace -Name b* | ForEach-Object Type").Lines);
        Assert.Equal("NamespaceNameInUse", _engine.Fails("New-Namespace net blue").FullyQualifiedErrorId.Split(',')[0]);
        Assert.Empty(_engine.Run("Remove-Namespace blue -WhatIf; Get-Namespace -Name blue | Remove-Namespace; Get-Namespace -Name *").Output);
        Assert.Equal("NamespaceNotFound", _engine.Fails("Remove-Namespace blue").FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal("NamespaceNotFound", _engine.Fails("Get-Namespace -Name blue").FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal("NamespaceProcessNotFound", _engine.Fails("Get-Namespace -ProcessId 999999999").FullyQualifiedErrorId.Split(',')[0]);
    }

    [Fact]
    public void A_tree_has_children_below_their_parents()
    {
        _engine.Run("New-Namespace Pid, User deep");
        Assert.Equal(["0", "1"], _engine.Run("Get-Namespace Pid -Tree | Where-Object { $_.IsCurrent -or $_.Name } | ForEach-Object Depth").Lines);
        Assert.Contains(_engine.Session.Show("Get-Namespace User -Tree").OutputLines, static line => line.StartsWith("User       40", StringComparison.Ordinal));
    }

    [Fact]
    public void A_container_s_own_are_found_by_it()
    {
        _engine.Run("Invoke-Container host -Detach -Name web -- sleep 1000");
        Assert.Equal(["Mount", "Pid", "Network", "Uts", "Ipc", "Cgroup"], _engine.Run("Get-Container web | Get-Namespace | ForEach-Object Type").Lines);
        Assert.Equal(["True"], _engine.Run("(Invoke-Namespace (Get-Container web) -Type net -- readlink /proc/self/ns/net) -eq (Get-Namespace net -Container web)").Lines);
        Assert.Equal("ContainerNotFound", _engine.Fails("Get-Namespace -Container nope").FullyQualifiedErrorId.Split(',')[0]);
    }

    [Fact]
    public void A_command_behaves_as_a_native_one()
    {
        _engine.Run("New-Namespace uts, mnt, pid lab -HostName inside");
        Assert.Equal(["inside", "B", "A"], _engine.Run("Invoke-Namespace lab -- hostname; 'b', 'a' | Invoke-Namespace lab -- tr a-z A-Z").Lines);
        Assert.Equal(["3", "False"], _engine.Run("Invoke-Namespace lab -- sh -c 'exit 3'; $q = $?; $LASTEXITCODE; $q").Lines);
        Assert.Equal(["err", "127"], _engine.Session.Run("Invoke-Namespace lab -- sh -c 'echo err >&2' 2>&1 | ForEach-Object { \"$_\" }; Invoke-Namespace lab -- nosuch; $LASTEXITCODE").Lines);
        Assert.Equal(["1 x"], _engine.Run("Invoke-Namespace lab -Env @{ A = 1 } -- sh -c 'echo $A $B' | ForEach-Object { $_ + 'x' }").Lines.Select(static line => line.Replace("1x", "1 x", StringComparison.Ordinal)));
        var result = Assert.IsType<ContainerRunResult>(_engine.Run("Invoke-Namespace lab -PassThru -- sh -c 'echo out; exit 4'").Single);
        Assert.Equal((4, "out", null), (result.ExitCode, Assert.Single(result.Output), result.ContainerId));
    }

    [Fact]
    public void A_script_block_runs_inside_and_its_objects_come_back() =>
        Assert.Equal(
            ["1 1.2", "inside 3 7 a,b", "outside", "RuntimeException after", "thrown", "NamespaceArgumentInvalid", "ParameterOfCommand", "first"],
            RunApart("""
                New-Namespace net, uts blue -HostName inside >$null
                $v = Invoke-Namespace blue { [version]'1.2' }; "$($v.Major) $v"
                $x = 7; 'a', 'b' | Invoke-Namespace blue -ArgumentList 3 { param($n) "$(hostname) $n $using:x $(@($input) -join ',')" }
                if ((hostname) -ne 'inside') { 'outside' }
                $after = Invoke-Namespace blue -ErrorVariable failed -ErrorAction SilentlyContinue { 1 / 0; 'after' }
                "$($failed[0].FullyQualifiedErrorId.Split(',')[0]) $after"
                try { Invoke-Namespace blue { throw 'thrown' } } catch { "$_" }
                foreach ($bad in { Invoke-Namespace 1 -Type Mount { 1 } }, { Invoke-Namespace blue -User 0 { 1 } }) {
                    try { $ErrorActionPreference = 'Stop'; & $bad } catch { $_.FullyQualifiedErrorId.Split(',')[0] }
                }
                Invoke-Namespace blue { 'first'; while ($true) { 'more' } } | ForEach-Object { $_; break }
                """));

    [Fact]
    public void The_session_goes_in_and_comes_back() =>
        Assert.Equal(
            ["inside", "[blue] PS>", "True", "inside", "deeper", "[green] [blue] PS>", "inside", "[blue] PS>", "1 thread(s)", "PS>", "True", "NamespaceNotEntered", "NamespaceNotFound", "True"],
            RunApart("""
                function global:prompt { 'PS>' }
                function Strays($warnings) { foreach ($one in $warnings) { "$one".Substring(0, 11) } }
                $before = readlink /proc/thread-self/ns/net
                New-Namespace net, uts blue -HostName inside >$null
                New-Namespace uts green -HostName deeper >$null
                Enter-Namespace blue
                hostname
                prompt
                (Invoke-Container host -Rm -Network Host -- readlink /proc/self/ns/net) -eq $before
                New-Namespace ipc red >$null
                Invoke-Namespace red -- hostname
                Enter-Namespace green
                hostname
                prompt
                Exit-Namespace
                hostname
                prompt
                $end = [Threading.ManualResetEventSlim]::new()
                [Threading.Thread]::new([Delegate]::CreateDelegate([Threading.ThreadStart], $end, $end.GetType().GetMethod('Wait', [type[]] @()))).Start()
                Exit-Namespace -WarningVariable warnings 3>$null
                Strays $warnings
                $end.Set()
                prompt
                (readlink /proc/thread-self/ns/net) -eq $before
                foreach ($bad in { Exit-Namespace }, { Enter-Namespace nope }) {
                    try { $ErrorActionPreference = 'Stop'; & $bad } catch { $_.FullyQualifiedErrorId.Split(',')[0] }
                }
                (readlink /proc/thread-self/ns/net) -eq $before
                """));

    [Fact]
    public void A_container_takes_a_network_namespace_as_an_object() =>
        Assert.Equal(
            ["True", "ns:", "True"],
            _engine.Run("""
                $it = New-Namespace Network blue
                "$(Invoke-Container host -Rm -Network $it -- readlink /proc/self/ns/net)" -eq "$it"
                $made = New-Container host -Name on -Network $it -- sleep 1000
                $made.Network.Substring(0, 3)
                $null = Start-Container on
                "$(Invoke-Container host -Rm -Network container:on -- readlink /proc/self/ns/net)" -eq "$it"
                """).Lines);

    [Fact]
    public void Names_and_kinds_are_completed()
    {
        _engine.Run("New-Namespace uts blue");
        Assert.Contains("blue", _engine.Session.Complete("Invoke-Namespace "));
        Assert.Contains("blue", _engine.Session.Complete("Remove-Namespace b"));
        Assert.Contains("Network", _engine.Session.Complete("New-Namespace N"));
    }

    /// <summary>In a process of its own: threads that are born inside of a namespace stay there.</summary>
    private IReadOnlyList<string> RunApart(string script)
    {
        var file = Path.Combine(_engine.Root, "script.ps1");
        File.WriteAllText(file, $"Import-Module '{Repository.Manifest}'\n{script}");
        var result = ShellProcess.Run("-File", file);
        Assert.True(result.Error.Length == 0, result.Error);
        return result.OutputLines;
    }
}
