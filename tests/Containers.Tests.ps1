#requires -Version 7.6
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.8' }

BeforeAll {
    Import-Module "$PSScriptRoot/../Containers.psd1" -Force -ErrorAction Stop
}

Describe 'The module' {
    It 'exports what its manifest lists' {
        $manifest = Import-PowerShellDataFile "$PSScriptRoot/../Containers.psd1"
        $module = Get-Module Containers
        $module.ExportedCmdlets.Keys | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
        $module.ExportedAliases.Keys | Sort-Object | Should -Be ($manifest.AliasesToExport | Sort-Object)
    }

    It 'has a synopsis and two examples for every cmdlet' {
        foreach ($cmdlet in (Get-Module Containers).ExportedCmdlets.Keys) {
            $help = Get-Help $cmdlet -Full
            $help.Synopsis | Should -Not -BeNullOrEmpty -Because $cmdlet
            @($help.Examples.Example).Count | Should -BeGreaterOrEqual 2 -Because $cmdlet
        }
    }
}

Describe 'A container of the built-in image' -Skip:((id -u) -ne 0) {
    It 'runs a command' {
        Invoke-Container host -Rm -- echo hello | Should -Be 'hello'
        $LASTEXITCODE | Should -Be 0
    }

    It 'passes its exit code on' {
        Invoke-Container host -Rm -- sh -c 'exit 42'
        $? | Should -BeFalse
        $LASTEXITCODE | Should -Be 42
    }

    It 'takes the pipeline as standard input' {
        1..3 | Invoke-Container host -Rm -- sort -rn | Should -Be '3', '2', '1'
    }

    It 'keeps standard error apart' {
        Invoke-Container host -Rm -- sh -c 'echo out; echo err >&2' 2>$null | Should -Be 'out'
    }
}
