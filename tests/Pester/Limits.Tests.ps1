#requires -Version 7.6
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.7' }

BeforeDiscovery { $cannot = (id -u) -ne 0 }

BeforeAll {
    . "$PSScriptRoot/TestEngine.ps1"
    if ((id -u) -eq 0) { $engine = New-TestEngine }

    # What the kernel says of a running container: the first of the files, which differ between cgroup v1 and v2.
    function Get-CgroupValue($Container, [string[]] $File) {
        foreach ($folder in Get-ChildItem /sys/fs/cgroup -Recurse -Depth 1 -Directory -Filter $engine.CgroupParent) {
            foreach ($name in $File) {
                $path = "$folder/$($Container.Id)/$name"
                if (Test-Path $path) { return Get-Content $path }
            }
        }
    }
}

AfterAll {
    if ($engine) { Remove-TestEngine $engine }
}

Describe 'A limit' -Skip:$cannot {
    AfterEach { Get-Container | Remove-Container -Force }

    It 'of memory kills what goes beyond it, and the state says so' {
        $result = Invoke-Container -Name greedy -PassThru -Memory 32MB host -- sh -c 'x=a; while :; do x=$x$x; done'
        $result.ExitCode | Should -Be 137
        $result.Reason | Should -Be OutOfMemory
        $container = Get-Container greedy
        $container.OomKilled | Should -BeTrue
        $container | Out-String -Width 120 | Should -Match 'Exited \(137, OutOfMemory\)'
    }

    It 'of memory is the kernel''s' {
        $container = Invoke-Container -Detach -Memory 64MB host -- sleep 1000
        Get-CgroupValue $container memory.limit_in_bytes, memory.max | Should -Be 64MB
    }

    It 'of processes is the kernel''s' {
        $container = Invoke-Container -Detach -PidsLimit 5 host -- sleep 1000
        Get-CgroupValue $container pids.max | Should -Be 5
    }

    It 'of processor time is the kernel''s' {
        $container = Invoke-Container -Detach -Cpus 0.5 host -- sleep 1000
        ((Get-CgroupValue $container cpu.cfs_quota_us, cpu.max) -split ' ')[0] | Should -Be 50000
    }

    It 'that is not named is none' {
        $container = New-Container host -- sleep 1000
        $container.Memory, $container.Cpus, $container.PidsLimit | Should -Be $null, $null, $null
    }
}

Describe 'Privileges' -Skip:$cannot {
    It 'are Docker''s capabilities, and those named' {
        Invoke-Container -Rm host -- grep CapEff /proc/self/status | Should -Match '00000000a80425fb'
        Invoke-Container -Rm -CapDrop ALL host -- grep CapEff /proc/self/status | Should -Match '0{16}'
        Invoke-Container -Rm -CapDrop ALL -CapAdd NET_BIND_SERVICE host -- grep CapEff /proc/self/status | Should -Match '0000000000000400'
    }

    It 'do not reach to mounting, and a read-only root is not written' {
        Invoke-Container -Rm host -- mount -t tmpfs none /mnt 2>$null
        $LASTEXITCODE | Should -Not -Be 0
        Invoke-Container -Rm -ReadOnly host -- touch /etc/touched 2>$null
        $LASTEXITCODE | Should -Not -Be 0
    }
}
