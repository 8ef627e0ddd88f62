#requires -Version 7.6
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.7' }

BeforeDiscovery { $cannot = (id -u) -ne 0 }

BeforeAll {
    . "$PSScriptRoot/TestEngine.ps1"
    if ((id -u) -eq 0) { $engine = New-TestEngine }
}

AfterAll {
    if ($engine) { Remove-TestEngine $engine }
}

Describe 'A parameter' -Skip:$cannot {
    AfterEach { Get-Container | Remove-Container -Force }

    It 'takes a size as <Size>' -ForEach @(
        @{ Size = 512MB }, @{ Size = '512m' }, @{ Size = '512MB' }, @{ Size = '0.5g' }, @{ Size = '512MiB' }, @{ Size = '536870912' }
    ) {
        (New-Container host -Memory $Size -- true).Memory | Should -Be 536870912
    }

    It 'takes sizes and durations as bare words' {
        (New-Container host -Name bare -Memory 512m -- true).Memory | Should -Be 536870912
        { Stop-Container bare -Timeout 30s -ErrorAction Stop } | Should -Not -Throw
        { Stop-Container bare -Timeout 1m30s -ErrorAction Stop } | Should -Not -Throw
    }

    It 'takes a duration as <Time>' -ForEach @(
        @{ Time = '100ms' }, @{ Time = 0.1 }, @{ Time = [timespan]::FromMilliseconds(100) }, @{ Time = '00:00:00.1' }, @{ Time = '0.1' }
    ) {
        $null = Invoke-Container -Detach -Name waited host -- sleep 1000
        $watch = [Diagnostics.Stopwatch]::StartNew()
        { Wait-Container waited -Timeout $Time -ErrorAction Stop } | Should -Throw -ErrorId 'ContainerTimeout,*'
        $watch.Elapsed.TotalSeconds | Should -BeGreaterThan 0.09
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 5
    }

    It 'takes a signal as <Signal>' -ForEach @(
        @{ Signal = 'USR1' }, @{ Signal = 'sigusr1' }, @{ Signal = 10 }, @{ Signal = '10' }, @{ Signal = 'SIGUSR1' }
    ) {
        (New-Container host -StopSignal $Signal -- true).StopSignal.Name | Should -Be SIGUSR1
    }

    It 'takes processors as <Cpus>' -ForEach @(@{ Cpus = 0.5 }, @{ Cpus = '0.5' }, @{ Cpus = [decimal] 0.5 }) {
        (New-Container host -Cpus $Cpus -- true).Cpus | Should -Be 0.5
    }

    It 'takes variables as texts, as a hashtable, as both, and from the session' {
        $env:CONTAINERS_TEST_VARIABLE = 'from here'
        try {
            $container = New-Container host -Env @{ A = 1 }, 'B=2=3', CONTAINERS_TEST_VARIABLE -- true
            $container.Env.A, $container.Env.B, $container.Env.CONTAINERS_TEST_VARIABLE | Should -Be 1, '2=3', 'from here'
        } finally {
            Remove-Item Env:CONTAINERS_TEST_VARIABLE
        }
    }

    It 'takes volumes as text, as a hashtable, and relative to the location' {
        Push-Location $engine.Root
        try {
            $container = New-Container host -Volume ./:/a:ro, @{ Source = '/etc'; Target = '/b'; ReadOnly = $true } -- true
            $container.Volume | ForEach-Object { "$($_.Source.TrimEnd('/')) $($_.Target) $($_.ReadOnly)" } | Should -Be "$($engine.Root) /a True", '/etc /b True'
        } finally {
            Pop-Location
        }
    }

    It 'takes splatting' {
        $options = @{ Memory = 64MB; Label = @{ a = 'b' }; Rm = $true }
        $words = 'echo', 'splatted', '-n'
        Invoke-Container host @options -- @words | Should -Be 'splatted -n'
        Invoke-Container host @options -Command $words | Should -Be 'splatted -n'
    }
}

Describe 'What follows --' -Skip:$cannot {
    It 'keeps <Text> as it is written' -ForEach @(
        @{ Text = '010' }, @{ Text = '-n' }, @{ Text = '--' }, @{ Text = 'a b' }, @{ Text = '$HOME' }, @{ Text = '' }, @{ Text = '*' }, @{ Text = 'a"b''c' }, @{ Text = 'ä€' }
    ) {
        Invoke-Container -Rm host -- printf '[%s]\n' $Text | Should -Be "[$Text]"
    }

    It 'keeps the spelling of numbers' {
        Invoke-Container -Rm host -- printf '%s\n' 010 1e3 10kb 0x10 | Should -Be '010', '1e3', '10kb', '0x10'
    }

    It 'drops what is null' {
        Invoke-Container -Rm host -- printf '[%s]\n' a $null b | Should -Be '[a]', '[b]'
    }

    It 'is refused where an array hides in it, with the right spelling' {
        Get-ErrorOf 'Invoke-Container host -- echo ro,noexec' | Should -BeLike "*quote it ('ro,noexec')*splat it*"
    }
}

Describe 'Completion' -Skip:$cannot {
    BeforeAll {
        'complete-me', 'complete-too' | ForEach-Object { $null = New-Container host -Name $_ -- true }
        function Complete($Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText }
    }

    AfterAll { Remove-Container complete-* }

    It 'of <Line> offers <Offers>' -ForEach @(
        @{ Line = 'Stop-Container comp'; Offers = 'complete-me', 'complete-too' }
        @{ Line = 'Get-Container -Name complete-m'; Offers = 'complete-me' }
        @{ Line = 'Get-Container complete-me, complete-t'; Offers = 'complete-too' }
        @{ Line = 'Get-ContainerLog comp'; Offers = 'complete-me', 'complete-too' }
        @{ Line = 'New-Container -Image ho'; Offers = 'host' }
        @{ Line = 'Invoke-Container host -CapDrop cap_chow'; Offers = 'CHOWN' }
        @{ Line = 'New-Container host -StopSignal USR'; Offers = 'SIGUSR1', 'SIGUSR2' }
        @{ Line = 'Get-Container -State Ex'; Offers = 'Exited' }
        @{ Line = 'Get-Container -State Cre'; Offers = 'Created', 'Creating' }
        @{ Line = 'Invoke-Container host -Network '; Offers = 'Host', 'None' }
        @{ Line = 'Invoke-Container host -Pids'; Offers = '-PidsLimit' }
        @{ Line = 'Invoke-Conta'; Offers = 'Invoke-Container', 'Invoke-ContainerCommand' }
    ) {
        Complete $Line | Sort-Object | Should -Be $Offers
    }
}
