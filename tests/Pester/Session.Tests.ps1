#requires -Version 7.6
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.7' }

BeforeDiscovery {
    $cannot = (id -u) -ne 0 -or -not (Get-Command busybox -ErrorAction Ignore)
    $noTerminal = $cannot -or -not (Get-Command tmux -ErrorAction Ignore)
}

BeforeAll {
    . "$PSScriptRoot/TestEngine.ps1"
    $manifest = (Resolve-Path "$PSScriptRoot/../../Containers.psd1").Path
    if ((id -u) -eq 0) {
        $engine = New-TestEngine
        $null = Import-TestImage $engine
    }

    function Start-Session($Script) {
        $start = [Diagnostics.ProcessStartInfo]::new('pwsh', [string[]] ('-NoProfile', '-NonInteractive', '-Command', "Import-Module $manifest; $Script"))
        $start.RedirectStandardOutput = $true
        [Diagnostics.Process]::Start($start)
    }
}

AfterAll {
    if ($engine) { Remove-TestEngine $engine }
}

Describe 'A session' -Skip:$cannot {
    It 'leaves its services to the next one' {
        $maker = Start-Session "Invoke-Container -Detach -Name left box -- sh -c 'while :; do echo tick; sleep 0.1; done' | ForEach-Object Name"
        $maker.StandardOutput.ReadToEnd().Trim() | Should -Be 'left'
        $maker.WaitForExit(20000) | Should -BeTrue
        (Get-Container left).State | Should -Be 'Running'
        $before = @(Get-ContainerLog left).Count
        Wait-Until { @(Get-ContainerLog left).Count -gt $before } | Should -BeTrue
        Get-ContainerLog left -Follow | Select-Object -First 3 | Should -HaveCount 3
        Stop-Container left -Timeout 1s -PassThru | Remove-Container
    }

    It 'that is killed leaves its foreground container running, and -Rm removes it at its end' {
        $killed = Start-Session "Invoke-Container -Rm -Name orphan box -- sh -c 'echo begun; sleep 2'"
        $killed.StandardOutput.ReadLine() | Should -Be 'begun'
        $killed.Kill()
        $killed.WaitForExit()
        (Get-Container orphan).State | Should -Be 'Running'
        Wait-Until { @(Get-Container).Count -eq 0 } | Should -BeTrue
    }

    It 'shows a container whose monitor was killed as MonitorLost' {
        $lost = Invoke-Container -Detach -Name lost box -- sleep 60
        /bin/kill -9 $lost.MonitorProcessId
        Wait-Until { (Get-Container lost).State -eq 'Exited' } | Should -BeTrue
        (Get-Container lost).Reason | Should -Be 'MonitorLost'
        (Get-Container lost).ExitCode | Should -BeNullOrEmpty
        Remove-Container lost
    }
}

Describe 'A terminal' -Skip:$noTerminal {
    BeforeAll {
        $socket = "containers-$PID"
        function Send { tmux -L $socket send-keys -t 0 @args }
        function Wait-Screen($Pattern) {
            Wait-Until { $script:screen = (tmux -L $socket capture-pane -p -t 0) -join "`n"; $script:screen -match $Pattern } | Should -BeTrue -Because "'$Pattern' was to appear in:`n$script:screen"
        }
        tmux -L $socket -f /dev/null new-session -d -x 160 -y 50 pwsh -NoProfile -NoLogo
        Wait-Screen 'PS .*>'
        Send "Import-Module $manifest; `$env:CONTAINERS_CONFIG = '$env:CONTAINERS_CONFIG'; 'rea' + 'dy'" Enter
        Wait-Screen '(?m)^ready'
    }

    AfterAll { tmux -L $socket kill-server }

    It 'interrupts a foreground container with Ctrl-C and is there again' {
        Send "Invoke-Container -Rm box -- sh -c 'echo beg''''un; while :; do sleep 0.1; done'; 'next statement'" Enter
        Wait-Screen '(?m)^begun'
        Send C-c
        Wait-Until { @(Get-Container).Count -eq 0 } | Should -BeTrue
        Send "'af' + 'ter'" Enter
        Wait-Screen '(?m)^after'
    }

    It 'kills a container that ignores Ctrl-C a second later' {
        Send "Clear-Host; Invoke-Container -Rm box -- sh -c 'trap : INT; echo beg''''un2; while :; do sleep 0.1; done'" Enter
        Wait-Screen '(?m)^begun2'
        Send C-c
        Wait-Until { @(Get-Container).Count -eq 0 } | Should -BeTrue
    }

    It 'passes what is typed with -Interactive, and gives the rest back to the prompt' {
        Send 'Clear-Host; Invoke-Container -Rm -Interactive box -- head -n 1' Enter
        Wait-Until { @(Get-Container | Where-Object State -eq Running).Count -eq 1 } | Should -BeTrue
        Send 'typed line' Enter
        Wait-Screen '(?ms)^typed line.*^typed line'
        Wait-Until { @(Get-Container).Count -eq 0 } | Should -BeTrue
        Send "'prompt' + ' again'" Enter
        Wait-Screen '(?m)^prompt again'
    }
}
