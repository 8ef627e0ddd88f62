#requires -Version 7.6
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.7' }

BeforeDiscovery { $cannot = (id -u) -ne 0 }

BeforeAll {
    . "$PSScriptRoot/TestEngine.ps1"
    if ((id -u) -eq 0) {
        $engine = New-TestEngine
        $folders = 'top', 'bottom', 'upper', 'work', 'merged' | ForEach-Object { New-Item "$($engine.Root)/$_" -ItemType Directory }
        Set-Content "$($engine.Root)/top/a" 'top'
        Set-Content "$($engine.Root)/bottom/a" 'bottom'
        Set-Content "$($engine.Root)/bottom/b" 'bottom'
        Push-Location $engine.Root
    }
}

AfterAll {
    if ($engine) {
        Pop-Location
        Dismount-Overlay "$($engine.Root)/*" -Lazy
        Remove-TestEngine $engine
    }
}

Describe 'An overlay' -Skip:$cannot {
    AfterEach { Dismount-Overlay "$($engine.Root)/*" }

    It 'shows the topmost of files, and keeps what is written apart' {
        $overlay = Mount-Overlay merged top, bottom -Upper upper -Work work
        Get-Content "$overlay/a" | Should -Be top
        Set-Content "$overlay/b" changed
        Get-Content upper/b, bottom/b | Should -Be changed, bottom
        Get-Overlay merged b | ForEach-Object { "$($_.State) $($_.Layer)" } | Should -Be "Shown $($engine.Root)/upper", "Hidden $($engine.Root)/bottom"
    }

    It 'is made of what Get-Item gives' {
        (Mount-Overlay merged (Get-Item top, bottom)).Lower | Should -Be "$($engine.Root)/top", "$($engine.Root)/bottom"
        { Set-Content merged/a x -ErrorAction Stop } | Should -Throw
        Get-Item merged | Get-Overlay | ForEach-Object ReadOnly | Should -BeTrue
    }

    It 'is there as long as it is held, when it is detached' {
        $overlay = Mount-Overlay -Detached -Lower top, bottom
        Get-Content "$overlay/a", "$overlay/b" | Should -Be top, bottom
        cat "$overlay/a" | Should -Be top
        $overlay | Dismount-Overlay
        Test-Path $overlay.Path | Should -BeFalse
    }

    It 'is shown in a table no wider than 120 columns' {
        $null = Mount-Overlay merged top, bottom
        (Get-Overlay merged | Out-String -Width 120) -split "`n" | ForEach-Object Length | Should -Not -BeGreaterThan 120
        Get-Overlay merged a | Out-String -Width 120 | Should -Match 'Shown +Regular'
    }

    It 'completes its options and paths' {
        function Complete($Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText }
        Complete 'Mount-Overlay /x /y -Option vol' | Should -Be volatile
        $null = Mount-Overlay merged top, bottom
        Complete "Dismount-Overlay $($engine.Root)/mer" | Should -Contain "$($engine.Root)/merged"
    }
}
