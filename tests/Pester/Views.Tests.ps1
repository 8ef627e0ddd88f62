#requires -Version 7.6
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.7' }

BeforeDiscovery { $cannot = (id -u) -ne 0 }

BeforeAll {
    . "$PSScriptRoot/TestEngine.ps1"
    $PSStyle.OutputRendering = 'PlainText'
    function Get-Line($View) { ($View | Out-String -Width 120) -split "`n" | Where-Object { $_ } }
    if ((id -u) -eq 0) {
        $engine = New-TestEngine
        $null = New-Container host -Name a -Memory 64MB -Cpus 0.5 -Env A=1 -Label k=v -Volume /etc:/data:ro -Tmpfs '/scratch:size=1m' -- true
        $null = New-Container host -Name with-quite-a-long-name-that-fits-nowhere -- sh -c 'while :; do echo with a long command; sleep 1; done'
        Invoke-Container -Name ended host -- sh -c 'exit 3'
        $null = Invoke-Container -Detach -Name running host -- sleep 1000
    }
}

AfterAll {
    if ($engine) { Remove-TestEngine $engine }
}

Describe 'The table of containers' -Skip:$cannot {
    It 'is at most 120 columns wide, with a line for each' {
        $lines = Get-Line (Get-Container)
        $lines.Count | Should -Be 6
        $lines | ForEach-Object Length | Should -Not -BeGreaterThan 120
    }

    It 'has its headings in one line on terminals of 120 and of 80 columns, whose last one stays free' {
        (Get-Container | Out-String -Width 119) -split "`n" -match '^Id ' | Should -Match 'Privileged$'
        (Get-Container | Out-String -Width 79) -split "`n" -match '^Id ' | Should -Match 'Image$'
    }

    It 'shows in 80 columns how each container is' {
        $text = Get-Container | Out-String -Width 80
        $text | Should -Match 'State'
        $text | Should -Match 'Exited \(3\)'
        $text -split "`n" | Where-Object { $_ -match '^[0-9a-f]{12} ' } | Should -HaveCount 4
    }

    It 'has short ids, states with exit codes, and ages' {
        $line = Get-Line (Get-Container ended) | Select-Object -Last 1
        $line | Should -Match '^[0-9a-f]{12} ended '
        $line | Should -Match 'Exited \(3\)'
        $line | Should -Match '\d+ s\b'
    }

    It 'is the same by Format-Table' {
        Get-Line (Get-Container | Format-Table) | Select-Object -First 1 | Should -Be (Get-Line (Get-Container) | Select-Object -First 1)
    }
}

Describe 'The list of a container' -Skip:$cannot {
    It 'has human sizes, limits and mounts' {
        $text = Get-Container a | Format-List | Out-String -Width 120
        $text | Should -Match 'Memory +: 64 MiB'
        $text | Should -Match 'Cpus +: 0.5'
        $text | Should -Match 'Env +: A=1'
        $text | Should -Match 'Label +: k=v'
        $text | Should -Match 'Volume +: /etc:/data:ro'
        $text | Should -Match 'Tmpfs +: /scratch'
    }
}

Describe 'Views of other objects' -Skip:$cannot {
    It 'show images in 120 columns' {
        $lines = Get-Line (Get-ContainerImage)
        $lines[0] -split ' +' | Should -Be Name, Id, Size, Architecture, Age, BuiltIn
        $lines | ForEach-Object Length | Should -Not -BeGreaterThan 120
    }

    It 'show the engine as a list with the machine''s memory for people' {
        Get-ContainerEngine | Out-String -Width 120 | Should -Match 'Memory +: [\d.]+ GiB'
    }

    It 'show of a log the text alone' {
        Invoke-Container -Name talker host -- sh -c 'echo one; echo two >&2' 2>$null | Out-Null
        Get-Line (Get-ContainerLog talker) | Sort-Object | Should -Be one, two
        Get-ContainerLog talker | Where-Object Stream -EQ StdErr | ForEach-Object Text | Should -Be two
        Get-ContainerLog talker -Raw | Sort-Object | Should -Be one, two
        Get-ContainerLog talker -Tail 1 | Should -HaveCount 1
        Remove-Container talker
    }

    It 'show what a run did as a list' {
        Invoke-Container -Rm -PassThru host -- sh -c 'exit 3' | Out-String -Width 120 | Should -Match '(?m)^ExitCode +: 3$'
    }
}

Describe 'Objects' -Skip:$cannot {
    It 'are filtered, sorted, grouped and selected by their properties' {
        Get-Container | Where-Object State -EQ Running | ForEach-Object Name | Should -Be running
        (Get-Container | Sort-Object Name | Select-Object -First 1).Name | Should -Be a
        (Get-Container | Sort-Object CreatedAt -Descending)[0].Name | Should -Be running
        $groups = Get-Container | Group-Object State -AsHashTable -AsString
        $groups.Created | Should -HaveCount 2
        (Get-Container a | Select-Object Name, State).State | Should -Be Created
        Get-Container -State Exited, Running | Should -HaveCount 2
        (Get-Container | Measure-Object Memory -Sum).Sum | Should -Be 64MB
    }

    It 'have raw numbers and dates in their properties' {
        $container = Get-Container a
        $container.Memory | Should -Be 64MB
        $container.Memory | Should -BeOfType [long]
        $container.CreatedAt | Should -BeOfType [DateTimeOffset]
        $container.Id | Should -Match '^[0-9a-f]{64}$'
    }

    It 'become JSON and come back' {
        $back = Get-Container a | ConvertTo-Json -EnumsAsStrings -Depth 4 | ConvertFrom-Json
        $back.Name | Should -Be a
        $back.State | Should -Be Created
        $back.Command | Should -Be true
        $back.Env.A | Should -Be 1
        $back.Memory | Should -Be 64MB
    }

    It 'become CSV and come back' {
        Get-Container | Export-Csv "$($engine.Root)/containers.csv"
        $back = Import-Csv "$($engine.Root)/containers.csv"
        $back | Should -HaveCount 4
        ($back | Where-Object Name -EQ ended).ExitCode | Should -Be 3
        ($back | Where-Object Name -EQ ended).State | Should -Be Exited
    }

    It 'survive the way through CLIXML' {
        Get-Container a | Export-Clixml "$($engine.Root)/a.xml"
        (Import-Clixml "$($engine.Root)/a.xml").Name | Should -Be a
    }

    It 'read as their names' {
        "$(Get-Container a)" | Should -Be a
        "$(Get-ContainerImage host)" | Should -Be host
    }

    It 'flow from cmdlet to cmdlet' {
        Get-Container | Where-Object State -EQ Running | Stop-Container -Timeout 0 -PassThru | Remove-Container -PassThru | ForEach-Object Name | Should -Be running
        Get-Container a | Select-Object Name | Get-Container | ForEach-Object Name | Should -Be a
        'a', 'ended' | Get-Container | ForEach-Object Name | Should -Be a, ended
        New-Container (Get-ContainerImage host) -Name second -- sh -c 'exit 4' | Start-Container | Wait-Container | ForEach-Object ExitCode | Should -Be 4
    }

    It 'are found by name, id, the beginning of an id, and wildcards' {
        $id = (Get-Container a).Id
        (Get-Container $id).Name | Should -Be a
        (Get-Container $id.Substring(0, 12)).Name | Should -Be a
        (Get-Container with-*, end*).Name | Should -Be with-quite-a-long-name-that-fits-nowhere, ended
        Get-Container nothing-* | Should -BeNullOrEmpty
        Get-Container | Remove-Container
    }
}
