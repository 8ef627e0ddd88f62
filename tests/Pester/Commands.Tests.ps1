#requires -Version 7.6
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.7' }

BeforeDiscovery {
    $cannot = (id -u) -ne 0 -or -not (Get-Command busybox -ErrorAction Ignore)
}

BeforeAll {
    . "$PSScriptRoot/TestEngine.ps1"
    if ((id -u) -eq 0) {
        $engine = New-TestEngine
        $null = Invoke-Container -Detach -Name web host -- sleep 1000
    }
}

AfterAll {
    if ($engine) {
        Remove-Container web -Force
        Remove-TestEngine $engine
    }
}

Describe 'Invoke-ContainerCommand' -Skip:$cannot {
    It 'passes lines through' { 1..3 | Invoke-ContainerCommand web -- sort -rn | Should -Be '3', '2', '1' }

    It 'sets $LASTEXITCODE' {
        Invoke-ContainerCommand web -- sh -c 'exit 3'
        $LASTEXITCODE | Should -Be 3
    }

    It 'keeps standard error apart' {
        Invoke-ContainerCommand web -- sh -c 'echo out; echo err >&2' 2>$null | Should -Be 'out'
        (Invoke-ContainerCommand web -- sh -c 'echo err >&2' 2>&1).ToString() | Should -Be 'err'
    }

    It 'ends with its reader' { Invoke-ContainerCommand web -- yes | Select-Object -First 2 | Should -Be 'y', 'y' }

    It 'is refused while the container is suspended' {
        Suspend-Container web
        (Get-Container web).State | Should -Be Paused
        { Invoke-ContainerCommand web -ErrorAction Stop -- true } | Should -Throw -ErrorId 'ContainerBusy*'
        Resume-Container web
        Invoke-ContainerCommand web -- echo on | Should -Be on
    }
}
