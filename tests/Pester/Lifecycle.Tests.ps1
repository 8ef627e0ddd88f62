#requires -Version 7.6
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.7' }

BeforeDiscovery { $cannot = (id -u) -ne 0 -or -not (Get-Command busybox -ErrorAction Ignore) }

BeforeAll {
    . "$PSScriptRoot/TestEngine.ps1"
    if ((id -u) -eq 0) {
        $engine = New-TestEngine
        $image = Import-TestImage $engine
    }
}

AfterAll {
    if ($engine) { Remove-TestEngine $engine }
}

Describe 'A service' -Skip:$cannot {
    AfterEach { Get-Container | Remove-Container -Force -Confirm:$false }

    It 'is started, seen, logged, stopped and removed' {
        $service = Invoke-Container -Detach -Name ticker box -- sh -c 'trap "exit 7" TERM; i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.1; done'
        $service | Should -BeOfType Containers.Container
        (Get-Container tick*).State | Should -Be 'Running'
        Wait-Until { @(Get-ContainerLog ticker).Count -ge 3 } | Should -BeTrue
        (Get-ContainerLog ticker -Tail 1).Text | Should -Match '^tick \d+$'
        (Get-ContainerLog ticker)[0].Time | Should -BeGreaterThan (Get-Date).AddMinutes(-5)
        @(Get-ContainerLog ticker -Since (Get-Date).AddHours(1)) | Should -HaveCount 0
        $stopped = $service | Stop-Container -Timeout 10s -PassThru
        $stopped.ExitCode | Should -Be 7
        $stopped | Remove-Container
        Get-Container | Should -BeNullOrEmpty
    }

    It 'is killed when it does not end in time' {
        $null = Invoke-Container -Detach -Name stubborn box -- sh -c 'trap "" TERM; while :; do sleep 1; done'
        $stopped = Stop-Container stubborn -Timeout 1s -PassThru
        $stopped.ExitCode | Should -Be 137
        $stopped.Signal | Should -Be 'SIGKILL'
    }

    It 'goes through the pipeline to its end' {
        1..5 | ForEach-Object { $null = Invoke-Container -Detach -Name "worker$_" box -- sleep 60 }
        $gone = Get-Container | Where-Object State -eq Running | Stop-Container -Timeout 1s -PassThru | Remove-Container -PassThru
        $gone.Name | Sort-Object | Should -Be 'worker1', 'worker2', 'worker3', 'worker4', 'worker5'
        Get-Container | Should -BeNullOrEmpty
    }

    It 'is waited for' {
        $null = Invoke-Container -Detach -Name short box -- sh -c 'sleep 0.3; exit 9'
        (Wait-Container short).ExitCode | Should -Be 9
        $null = Invoke-Container -Detach -Name long box -- sleep 60
        { Wait-Container long -Timeout 200ms -ErrorAction Stop } | Should -Throw -ErrorId 'ContainerTimeout*'
    }

    It 'is made of an image from the pipeline' {
        $made = Get-ContainerImage box | New-Container -Name piped -- sleep 5
        $made.Image | Should -Be 'box:latest'
        $made.Command | Should -Be 'sleep', '5'
    }

    It 'works with the cmdlets for objects' {
        1..3 | ForEach-Object { $null = New-Container -Name "made$_" -Label "number=$_" box -- true }
        Get-Container | Sort-Object CreatedAt -Descending | Select-Object -First 1 -ExpandProperty Name | Should -Be 'made3'
        (Get-Container | Group-Object State).Name | Should -Be 'Created'
        (Get-Container made2 | ConvertTo-Json -Depth 4 | ConvertFrom-Json).Label.number | Should -Be 2
        Get-Container | Export-Csv "$($engine.Root)/all.csv"
        (Import-Csv "$($engine.Root)/all.csv").Name | Should -Be 'made1', 'made2', 'made3'
        Get-Container -Name made1, made3 | ForEach-Object Name | Should -Be 'made1', 'made3'
        (Get-Container (Get-Container made2).Id.Substring(0, 8)).Name | Should -Be 'made2'
    }

    It 'is shown in a table of at most 120 columns, with its age' {
        $null = New-Container -Name shown -Privileged box -- sh -c ('echo ' + 'x' * 200)
        $lines = (Get-Container | Format-Table | Out-String -Width 300) -split "`n"
        ($lines | Measure-Object -Maximum Length).Maximum | Should -BeLessOrEqual 120
        $lines -join "`n" | Should -Match 'shown'
        $lines -join "`n" | Should -Match 'Privileged'
        Get-Container | Format-List | Out-String | Should -Match 'CapAdd'
        (Get-ContainerImage box | Format-Table | Out-String) | Should -Match 'MiB|KiB'
    }

    It 'does nothing with -WhatIf' {
        $null = New-Container -WhatIf -Name never box -- true
        $null = Invoke-Container -WhatIf -Rm box -- true
        Get-Container | Should -BeNullOrEmpty
        $null = New-Container -Name kept box -- sleep 60
        Start-Container kept -WhatIf
        (Get-Container kept).State | Should -Be 'Created'
        $null = Start-Container kept
        Stop-Container kept -WhatIf
        Remove-Container kept -Force -WhatIf
        (Get-Container kept).State | Should -Be 'Running'
        Remove-ContainerImage box -WhatIf
        (Get-ContainerImage box).Id | Should -Be $image.Id
    }

    It 'takes sizes, durations, signals and users in each spelling' {
        $made = New-Container -Name spelt -Memory 512MB -Cpus 0.5 -StopSignal int -User user:user -Env a=1, b=2 -Volume /etc:/x:ro box -- true
        $made.Memory | Should -Be 512MB
        (New-Container -Memory '512m' -StopSignal 2 box -- true) | ForEach-Object { $_.Memory, $_.StopSignal.Number } | Should -Be 512MB, 2
        $made.Volume[0].ReadOnly | Should -BeTrue
        $made.Env.b | Should -Be '2'
    }
}

Describe 'An error' -Skip:$cannot {
    AfterEach { Get-Container | Remove-Container -Force -Confirm:$false }

    It 'of <Line> is <Id>' -ForEach @(
        @{ Line = 'Get-Container nosuch'; Id = 'ContainerNotFound'; Category = 'ObjectNotFound' }
        @{ Line = 'Stop-Container nosuch'; Id = 'ContainerNotFound'; Category = 'ObjectNotFound' }
        @{ Line = 'Get-ContainerImage nosuch'; Id = 'ContainerImageNotFound'; Category = 'ObjectNotFound' }
        @{ Line = 'Invoke-Container nosuch -- true'; Id = 'ContainerImageNotFound'; Category = 'ObjectNotFound' }
        @{ Line = 'New-Container -Name taken box -- true'; Id = 'ContainerNameInUse'; Category = 'ResourceExists' }
        @{ Line = 'Remove-Container taken'; Id = 'ContainerRunning'; Category = 'ResourceBusy' }
        @{ Line = 'Remove-ContainerImage box'; Id = 'ContainerImageInUse'; Category = 'ResourceBusy' }
    ) {
        $null = Invoke-Container -Detach -Name taken box -- sleep 60
        $ErrorActionPreference = 'Stop'
        $caught = try { Invoke-Expression $Line } catch { $_ }
        $caught.FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $caught.CategoryInfo.Category | Should -Be $Category
        $caught.TargetObject | Should -Not -BeNullOrEmpty
    }

    It 'of one object keeps the others from nothing' {
        $null = New-Container -Name one box -- true
        $null = New-Container -Name two box -- true
        'one', 'nosuch', 'two' | Remove-Container -ErrorAction SilentlyContinue -ErrorVariable failures
        $failures | Should -HaveCount 1
        Get-Container | Should -BeNullOrEmpty
    }
}
