#requires -Version 7.6
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.7' }

BeforeDiscovery { $cannot = (id -u) -ne 0 -or -not (Get-Command busybox -ErrorAction Ignore) }

BeforeAll {
    . "$PSScriptRoot/TestEngine.ps1"
    if ((id -u) -eq 0) {
        $engine = New-TestEngine
        $null = Import-TestImage $engine
    }
}

AfterAll {
    if ($engine) { Remove-TestEngine $engine }
}

Describe 'Invoke-Container as a native command' -Skip:$cannot {
    It 'sets $LASTEXITCODE and $? for exit code <Code>' -ForEach @(
        @{ Code = 0; Command = 'true' }
        @{ Code = 1; Command = 'exit 1' }
        @{ Code = 42; Command = 'exit 42' }
        @{ Code = 137; Command = 'kill -9 $$'; Init = $true }
        @{ Code = 143; Command = 'kill -TERM $$; sleep 5'; Init = $true }
    ) {
        $global:LASTEXITCODE = 99
        Invoke-Container -Rm -Init:([bool] $Init) box -- sh -c $Command
        $success = $?
        $LASTEXITCODE | Should -Be $Code
        $success | Should -Be ($Code -eq 0)
    }

    It 'gives 127 and an error for a command that is not there' {
        Invoke-Container -Rm box -ErrorAction SilentlyContinue -ErrorVariable failure -- nosuch
        $LASTEXITCODE | Should -Be 127
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'ContainerCommandNotFound,*'
    }

    It 'gives 126 for a file that cannot be executed' {
        Invoke-Container -Rm box -ErrorAction SilentlyContinue -- /etc/text
        $LASTEXITCODE | Should -Be 126
    }

    It 'gives 125 where the engine fails' {
        Invoke-Container -Rm box -User nobody2 -ErrorAction SilentlyContinue -ErrorVariable failure -- true
        $LASTEXITCODE | Should -Be 125
        $failure[0].Exception.Message | Should -BeLike "*no user 'nobody2'*"
    }

    It 'takes the pipeline as standard input' {
        1..3 | Invoke-Container -Rm box -- sort -rn | Should -Be '3', '2', '1'
        Get-Content /etc/hostname | Invoke-Container -Rm box -- cat | Should -Be (Get-Content /etc/hostname)
    }

    It 'passes bytes as they are' {
        $bytes = [byte[]] (0..255)
        $back = , $bytes | Invoke-Container -Rm -AsByteStream box -- cat | ForEach-Object { $_ }
        $back | Should -Be $bytes
        , $bytes | Invoke-Container -Rm -OutFile "$($engine.Root)/bytes" box -- cat
        [IO.File]::ReadAllBytes("$($engine.Root)/bytes") | Should -Be $bytes
    }

    It 'keeps the streams apart: 2>$null, 2>&1, 2> file' {
        $script = 'echo out; echo err >&2'
        Invoke-Container -Rm box -- sh -c $script 2>$null | Should -Be 'out'
        $both = Invoke-Container -Rm box -- sh -c $script 2>&1
        $both.Where{ $_ -is [System.Management.Automation.ErrorRecord] } | Should -BeLike 'err'
        $both.Where{ $_ -is [string] } | Should -Be 'out'
        Invoke-Container -Rm box -- sh -c $script 2> "$($engine.Root)/err" | Should -Be 'out'
        Get-Content "$($engine.Root)/err" | Should -Be 'err'
    }

    It 'does not stop at standard error or an exit code under ErrorActionPreference Stop' {
        $ErrorActionPreference = 'Stop'
        $output = try { Invoke-Container -Rm box -- sh -c 'echo err >&2; echo out; exit 3' 2>$null } catch { 'caught' }
        $output | Should -Be 'out'
        $LASTEXITCODE | Should -Be 3
    }

    It 'obeys $PSNativeCommandUseErrorActionPreference' {
        $ErrorActionPreference = 'Stop'
        $PSNativeCommandUseErrorActionPreference = $true
        { Invoke-Container -Rm box -- sh -c 'exit 3' } | Should -Throw -ErrorId 'ProgramExitedWithNonZeroCode*'
    }

    It 'ends with its reader' {
        $watch = [Diagnostics.Stopwatch]::StartNew()
        Invoke-Container -Rm box -- sh -c 'while :; do echo y; done' | Select-Object -First 1 | Should -Be 'y'
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 10
        Wait-Until { @(Get-Container).Count -eq 0 } | Should -BeTrue
    }

    It 'passes a lot of output without loss' {
        $lines = Invoke-Container -Rm box -- seq 1 200000
        $lines.Count | Should -Be 200000
        $lines[-1] | Should -Be '200000'
    }

    It 'gives one result with -PassThru' {
        $result = Invoke-Container -Rm -PassThru box -- sh -c 'echo a; echo b; echo c >&2; exit 5'
        $result.ExitCode | Should -Be 5
        $result.Output | Should -Be 'a', 'b'
        $result.Error | Should -Be 'c'
        $result.FinishedAt | Should -BeGreaterThan $result.StartedAt
    }

    It 'refuses <Line>' -ForEach @(
        @{ Line = '-it box -- sh'; Id = 'CommandBeginsWithDash*' }
        @{ Line = 'box ls -a'; Id = 'AmbiguousParameter*' }
        @{ Line = 'box -- mount -o ro,noexec'; Id = 'ParameterArgumentTransformationError*' }
        @{ Line = 'box -Volume nofolder:/x -- true'; Id = 'ParameterArgumentTransformationError*' }
        @{ Line = 'box -CapAdd NET_ADMN -- true'; Id = 'ParameterArgumentTransformationError*' }
    ) {
        { Invoke-Expression "Invoke-Container -ErrorAction Stop -Rm $Line" } | Should -Throw -ErrorId $Id
    }

    It 'holds its limits' {
        $result = Invoke-Container -Rm -PassThru -Memory 16MB box -- sh -c 'dd if=/dev/zero of=/dev/null bs=64M count=1'
        $result.ExitCode | Should -Be 137
        $result.Reason | Should -Be 'OutOfMemory'
        Invoke-Container -Rm -PidsLimit 3 box -- sh -c 'for i in 1 2 3 4 5 6; do sleep 1 & done; wait' 2>&1 | Out-String | Should -Match 'fork'
    }

    It 'runs in a real Debian, dpkg included' {
        $archive = '/var/tmp/pscontainers-test-inputs/debian.tar'
        if (-not (Test-Path $archive)) { Set-ItResult -Skipped -Because "$archive is not there (mmdebstrap --variant=minbase bookworm)"; return }
        Import-ContainerImage -Path $archive -Name debian | ForEach-Object Name | Should -Be 'debian:latest'
        Invoke-Container -Rm debian -- bash -c '. /etc/os-release; echo $ID; id -u; dpkg-query -W -f "\${Status}" bash' |
            Should -Be 'debian', '0', 'install ok installed'
        Remove-ContainerImage debian
    }
}
