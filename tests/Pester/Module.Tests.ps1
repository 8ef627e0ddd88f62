#requires -Version 7.6
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.7' }

BeforeDiscovery {
    Import-Module "$PSScriptRoot/../../Containers.psd1" -ErrorAction Stop
    $cmdlets = Get-Command -Module Containers -CommandType Cmdlet | ForEach-Object { @{ Name = $_.Name } }
}

BeforeAll {
    . "$PSScriptRoot/TestEngine.ps1"
    $common = [System.Management.Automation.Cmdlet]::CommonParameters + [System.Management.Automation.Cmdlet]::OptionalCommonParameters
}

Describe 'The module' {
    It 'exports what its manifest lists' {
        $manifest = Import-PowerShellDataFile "$PSScriptRoot/../../Containers.psd1"
        $module = Get-Module Containers
        $module.ExportedCmdlets.Keys | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
        $module.ExportedAliases.Keys | Sort-Object | Should -Be ($manifest.AliasesToExport | Sort-Object)
    }

    It 'uses approved verbs alone' {
        $approved = (Get-Verb).Verb
        (Get-Command -Module Containers -CommandType Cmdlet).Verb | Sort-Object -Unique | Should -BeIn $approved
    }

    It 'shadows no program and no command with its aliases' {
        foreach ($alias in (Get-Module Containers).ExportedAliases.Keys) {
            @(Get-Command $alias -All).Source | Should -Be 'Containers' -Because $alias
        }
    }

    It 'gives its types to scripts as literals' {
        [Containers.ByteSize] '512m' | ForEach-Object Bytes | Should -Be 512MB
        [Containers.Signal] 'term' | ForEach-Object Number | Should -Be 15
        [Containers.ContainerState]::Running | Should -Be 'Running'
    }
}

Describe 'The help of <Name>' -ForEach $cmdlets {
    BeforeAll { $help = Get-Help $Name -Full }

    It 'has a synopsis' { $help.Synopsis | Should -Match '^[A-Z].+\.' }

    It 'has two examples that parse and name parameters that there are' {
        $examples = @($help.Examples.Example)
        $examples.Count | Should -BeGreaterOrEqual 2
        foreach ($example in $examples) {
            $errors = $null
            $ast = [System.Management.Automation.Language.Parser]::ParseInput($example.Code, [ref] $null, [ref] $errors)
            $errors | Should -BeNullOrEmpty -Because $example.Code
            foreach ($call in $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) {
                $command = Get-Command $call.GetCommandName() -ErrorAction Ignore
                if ($command.Source -ne 'Containers') { continue }
                foreach ($parameter in $call.CommandElements.ParameterName.Where{ $_ -and $_ -ne '-' }) {
                    { $command.ResolveParameter($parameter) } | Should -Not -Throw -Because $example.Code
                }
            }
        }
    }

    It 'tells of every parameter' {
        foreach ($parameter in (Get-Command $Name).Parameters.Keys.Where{ $_ -notin $common }) {
            (Get-Help $Name -Parameter $parameter).Description.Text | Should -Not -BeNullOrEmpty -Because $parameter
        }
    }
}

Describe 'Tab completion' -Skip:((id -u) -ne 0) {
    BeforeAll {
        $engine = New-TestEngine
        $null = New-Container -Name kitchen host -- true
        function Complete($Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText }
    }

    AfterAll {
        Remove-Container kitchen
        Remove-TestEngine $engine
    }

    It 'knows <What>' -ForEach @(
        @{ What = 'containers'; Line = 'Start-Container kit'; Expected = 'kitchen' }
        @{ What = 'images'; Line = 'Invoke-Container ho'; Expected = 'host' }
        @{ What = 'capabilities'; Line = 'New-Container host -CapAdd NET_A'; Expected = 'NET_ADMIN' }
        @{ What = 'signals'; Line = 'Stop-Container kitchen -Signal TE'; Expected = 'SIGTERM' }
        @{ What = 'networks'; Line = 'New-Container host -Network Ho'; Expected = 'Host' }
        @{ What = 'security options'; Line = 'New-Container host -SecurityOpt seccomp=unc'; Expected = 'seccomp=unconfined' }
    ) {
        Complete $Line | Should -Contain $Expected
    }
}
