#requires -Version 7.6
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.7' }

BeforeDiscovery { $cannot = (id -u) -ne 0 -or -not (Get-Command busybox -ErrorAction Ignore) }

BeforeAll {
    . "$PSScriptRoot/TestEngine.ps1"
    if ((id -u) -eq 0) {
        $engine = New-TestEngine
        $null = Import-TestImage $engine
        $null = New-Item "$($engine.Root)/site/sub" -ItemType Directory -Force
        Set-Content "$($engine.Root)/site/a.txt" 'a'
        Set-Content "$($engine.Root)/site/sub/b.txt" 'b'
    }
}

AfterAll { if ($engine) { Remove-TestEngine $engine } }

Describe 'Copy-ContainerItem' -Skip:$cannot {
    BeforeEach { $null = New-Container -Name web box -- sleep 60 }
    AfterEach { Get-Container | Remove-Container -Force -Confirm:$false }

    It 'copies a folder in and out, <State>' -ForEach @{ State = 'Created' }, @{ State = 'Running' } {
        if ($State -eq 'Running') { Start-Container web | Out-Null }
        Copy-ContainerItem "$($engine.Root)/site" web:/
        (Copy-ContainerItem web:/site "$($engine.Root)/back-$State" -PassThru).Name | Should -Be "back-$State"
        Get-Content "$($engine.Root)/back-$State/sub/b.txt" | Should -Be 'b'
    }

    It 'takes what Get-ChildItem finds' {
        Get-ChildItem "$($engine.Root)/site" | Copy-ContainerItem -Destination web:/
        (Compare-Container web).Path | Should -Contain '/sub/b.txt'
    }

    It 'takes a path of the present location and of a drive' {
        Push-Location "$($engine.Root)/site"
        try {
            Copy-ContainerItem ./a.txt web:/
            Copy-ContainerItem web:/a.txt
            Copy-ContainerItem . web:/whole
        }
        finally { Pop-Location }
        (Compare-Container web).Path | Should -Contain '/whole/sub/b.txt'
    }

    It 'copies between containers by the pipeline' {
        $null = New-Container -Name other box -- true
        Copy-ContainerItem "$($engine.Root)/site" web:/
        Copy-ContainerItem web:/site - | Copy-ContainerItem - other:/
        (Compare-Container other).Path | Should -Contain '/site/a.txt'
    }
}

Describe 'Export-Container' -Skip:$cannot {
    It 'writes what Import-ContainerImage reads' {
        $null = New-Container -Name web box -- true
        Copy-ContainerItem "$($engine.Root)/site" web:/
        Export-Container web "$($engine.Root)/web.tar"
        (Import-ContainerImage "$($engine.Root)/web.tar" -Name flat).Name | Should -Be 'flat:latest'
        Invoke-Container -Rm flat -- busybox cat /site/a.txt | Should -Be 'a'
        Remove-Container web
    }
}
