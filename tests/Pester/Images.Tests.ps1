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
    if ($engine) {
        Dismount-ContainerImage *
        Remove-TestEngine $engine
    }
}

Describe 'An image' -Skip:$cannot {
    It 'is exported and comes back as it was, by file and by the pipeline' {
        $image.Name | Should -Be 'box:latest'
        Export-ContainerImage box -Path "$($engine.Root)/saved.tar"
        Test-Path "$($engine.Root)/saved.tar" | Should -BeTrue
        { Export-ContainerImage box -Path "$($engine.Root)/saved.tar" -ErrorAction Stop } | Should -Throw -ErrorId 'ArchiveExists,*'
        Export-ContainerImage box -Format Oci -Path "$($engine.Root)/oci.tar"
        Remove-ContainerImage box
        (Import-ContainerImage "$($engine.Root)/saved.tar").Id | Should -Be $image.Id
        (Get-Content "$($engine.Root)/oci.tar" -AsByteStream -ReadCount 65536 | Import-ContainerImage).Id | Should -Be $image.Id
        (Get-Item "$($engine.Root)/oci.tar" | Import-ContainerImage).Name | Should -Be 'box:latest'
    }

    It 'gets other names, which are completed and sorted like everything else' {
        Get-ContainerImage box | Add-ContainerImageTag -NewName box:1, registry.example.org/box
        (Get-ContainerImage *box* | Sort-Object Name).Name | Should -Be 'box:1', 'box:latest', 'registry.example.org/box:latest'
        (TabExpansion2 -inputScript 'Remove-ContainerImage box:' -cursorColumn 26).CompletionMatches.CompletionText | Should -Contain 'box:1'
        'box:1', 'registry.example.org/box' | Remove-ContainerImage
    }

    It 'is made of a container, differs by what that wrote, and runs' {
        Invoke-Container box -Name writer -- sh -c 'echo hello >/greeting; rm /etc/text'
        $made = Get-Container writer | ConvertTo-ContainerImage -Name greeter:1 -Cmd cat, /greeting
        $made.Cmd | Should -Be 'cat', '/greeting'
        Compare-ContainerImage box greeter:1 | ForEach-Object { "$($_.Change) $($_.Path)" } | Should -Be 'Removed /etc/text', 'Added /greeting'
        Invoke-Container greeter:1 -Rm | Should -Be 'hello'
        Invoke-Container greeter:1 -Rm -Entrypoint /bin/echo -- over | Should -Be 'over'
        (Get-ContainerImageHistory greeter:1)[0].CreatedBy | Should -Be 'ConvertTo-ContainerImage'
        Get-Container writer | Remove-Container
    }

    It 'is made of a folder, the same every time' {
        $first = New-ContainerImage "$($engine.Root)/box" -Name folder:1 -Cmd echo, made -SourceDateEpoch 1700000000
        $second = New-ContainerImage "$($engine.Root)/box" -Name folder:2 -Cmd echo, made -SourceDateEpoch 1700000000
        $second.Digest | Should -Be $first.Digest
        Invoke-Container folder:2 -Rm | Should -Be 'made'
    }

    It 'is sound, and its files can be looked at' {
        Test-ContainerImage box -Quiet | Should -BeTrue
        $mount = Mount-ContainerImage box
        Get-Content "$mount/etc/text" | Should -Be 'not a program'
        { Set-Content "$mount/etc/text" 'x' -ErrorAction Stop } | Should -Throw
        $mount | Dismount-ContainerImage
        Test-Path $mount.Path | Should -BeFalse
    }

    It 'goes with what takes room, when it is not in use' {
        $null = New-Container box -Name keeper -- true
        $usage = Measure-ContainerStorage | Group-Object Kind -AsHashTable -AsString
        $usage.Image.Reclaimable | Should -BeLessThan $usage.Image.Size
        Clear-ContainerStorage Image -All -WhatIf
        $gone = Clear-ContainerStorage Image -All -Confirm:$false
        $gone.Name | Should -Contain 'greeter:1'
        (Get-ContainerImage).Name | Should -Be 'host', 'box:latest'
        Remove-Container keeper
    }

    It 'is not asked for in a registry where nobody listens' {
        $wrong = Get-ErrorOf 'Receive-ContainerImage 127.0.0.1:1/nothing'
        $wrong.FullyQualifiedErrorId | Should -BeLike 'ContainerRegistryConnectionFailed,*'
        $wrong.CategoryInfo.Category | Should -Be 'ConnectionError'
    }
}

Describe 'The configuration' -Skip:$cannot {
    It 'is shown, tried and changed' {
        (Get-ContainerConfiguration).LogMaxFiles | Should -Be 3
        Set-ContainerConfiguration -LogMaxFiles 5 -WhatIf
        (Get-ContainerConfiguration).LogMaxFiles | Should -Be 3
        Set-ContainerConfiguration -LogMaxFiles 5
        (Get-ContainerConfiguration).LogMaxFiles | Should -Be 5
        { Set-ContainerConfiguration -StateRoot / -ErrorAction Stop } | Should -Throw
        (Get-Content $env:CONTAINERS_CONFIG -Raw | ConvertFrom-Json).log.maxFiles | Should -Be 5
    }
}
