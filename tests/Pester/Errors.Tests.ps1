#requires -Version 7.6
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.7' }

BeforeDiscovery { $cannot = (id -u) -ne 0 -or -not (Get-Command busybox -ErrorAction Ignore) }

BeforeAll {
    . "$PSScriptRoot/TestEngine.ps1"
    if ((id -u) -eq 0) {
        $engine = New-TestEngine
        $null = Import-TestImage $engine
        $null = New-Container host -Name made -- true
        $null = Invoke-Container -Detach -Name running host -- sleep 1000
    }
}

AfterAll {
    if ($engine) { Remove-TestEngine $engine }
}

Describe 'An error' -Skip:$cannot {
    It 'has an id and a category: <Script>' -ForEach @(
        @{ Script = 'Get-Container nope'; Id = 'ContainerNotFound'; Category = 'ObjectNotFound' }
        @{ Script = 'Stop-Container nope'; Id = 'ContainerNotFound'; Category = 'ObjectNotFound' }
        @{ Script = 'Remove-Container nope'; Id = 'ContainerNotFound'; Category = 'ObjectNotFound' }
        @{ Script = 'Get-ContainerLog nope'; Id = 'ContainerNotFound'; Category = 'ObjectNotFound' }
        @{ Script = 'Invoke-Container nope -- true'; Id = 'ContainerImageNotFound'; Category = 'ObjectNotFound' }
        @{ Script = 'New-Container nope -- true'; Id = 'ContainerImageNotFound'; Category = 'ObjectNotFound' }
        @{ Script = 'Get-ContainerImage nope'; Id = 'ContainerImageNotFound'; Category = 'ObjectNotFound' }
        @{ Script = 'New-Container host -Name made -- true'; Id = 'ContainerNameInUse'; Category = 'ResourceExists' }
        @{ Script = 'Remove-Container running'; Id = 'ContainerRunning'; Category = 'ResourceBusy' }
        @{ Script = 'Start-Container running'; Id = 'ContainerRunning'; Category = 'ResourceBusy' }
        @{ Script = 'Wait-Container running -Timeout 100ms'; Id = 'ContainerTimeout'; Category = 'OperationTimeout' }
        @{ Script = 'Invoke-Container host -- no-such-command'; Id = 'ContainerCommandNotFound'; Category = 'ObjectNotFound' }
        @{ Script = 'Invoke-Container host -- /etc/passwd'; Id = 'ContainerCommandNotExecutable'; Category = 'PermissionDenied' }
        @{ Script = 'New-Container host -Volume /no/such/folder:/mnt -- true'; Id = 'ContainerPathNotFound'; Category = 'ObjectNotFound' }
        @{ Script = 'New-Container -RootFileSystem /no/such/folder -- true'; Id = 'ContainerPathNotFound'; Category = 'ObjectNotFound' }
        @{ Script = 'Import-ContainerImage /no/such/file.tar'; Id = 'ArchiveNotFound'; Category = 'ObjectNotFound' }
        @{ Script = 'Get-Overlay /no/such/folder'; Id = 'OverlayNotFound'; Category = 'ObjectNotFound' }
        @{ Script = 'Dismount-Overlay /proc'; Id = 'OverlayNotFound'; Category = 'ObjectNotFound' }
        @{ Script = 'Mount-Overlay /no/such/folder /etc'; Id = 'OverlayNotFound'; Category = 'ObjectNotFound' }
        @{ Script = 'Mount-Overlay /mnt /etc, /etc'; Id = 'OverlayArgumentInvalid'; Category = 'InvalidArgument' }
        @{ Script = 'Import-ContainerImage /etc/passwd -Name bad'; Id = 'ContainerImageDataInvalid'; Category = 'InvalidData' }
    ) {
        $failure = Get-ErrorOf $Script
        @($failure) | Should -HaveCount 1
        $failure.FullyQualifiedErrorId | Should -BeLike "$Id,Containers.Commands.*Command"
        $failure.CategoryInfo.Category | Should -Be $Category
        "$failure" | Should -Match '[.]$'
    }

    It 'is caught, and the session goes on' {
        try { Get-Container nope -ErrorAction Stop; $caught = $null } catch { $caught = $_ }
        $caught.FullyQualifiedErrorId | Should -BeLike 'ContainerNotFound,*'
        $caught.TargetObject | Should -Be nope
    }

    It 'about one name keeps the others from nothing' {
        $found = Get-Container made, nope, running -ErrorAction SilentlyContinue -ErrorVariable failures
        $found.Name | Should -Be made, running
        $failures | Should -HaveCount 1
    }

    It 'leaves no container behind' {
        Invoke-Container host -ErrorAction SilentlyContinue -- no-such-command
        Invoke-Container -Detach host -ErrorAction SilentlyContinue -- no-such-command
        (Get-Container).Name | Should -Be made, running
    }
}

Describe 'An argument that does not parse' -Skip:$cannot {
    It 'says what it should be: <Script>' -ForEach @(
        @{ Script = 'New-Container host -Memory lots -- true'; Says = "*'lots' is no size*" }
        @{ Script = 'New-Container host -Memory 1 -- true'; Says = '*at least 6*' }
        @{ Script = 'New-Container host -Cpus many -- true'; Says = "*'many' is no number of processors*" }
        @{ Script = 'New-Container host -PidsLimit 0 -- true'; Says = '*PidsLimit*' }
        @{ Script = 'New-Container host -CapAdd NOPE -- true'; Says = "*'NOPE' is no capability*" }
        @{ Script = 'New-Container host -StopSignal NOPE -- true'; Says = "*'NOPE' is no signal*" }
        @{ Script = 'New-Container host -Volume nope -- true'; Says = "*'nope' is no volume*" }
        @{ Script = 'New-Container host -Network nope -- true'; Says = '*nope*None*Host*' }
        @{ Script = 'New-Container host -Name "a b" -- true'; Says = "*a b*" }
        @{ Script = 'New-Container host -User "a b" -- true'; Says = "*'a b' is no user*" }
        @{ Script = 'Wait-Container made -Timeout soon'; Says = "*'soon' is no duration*" }
        @{ Script = 'Get-Container -State Nope'; Says = '*Creating*Created*Running*Exited*' }
    ) {
        $failure = Get-ErrorOf $Script
        @($failure) | Should -HaveCount 1
        "$failure" | Should -BeLike $Says
        (Get-Container).Name | Should -Be made, running
    }
}

Describe '-WhatIf' -Skip:$cannot {
    It 'does nothing: <Script>' -ForEach @(
        @{ Script = 'New-Container host -Name other -WhatIf -- true' }
        @{ Script = 'Invoke-Container host -Name other -WhatIf -- sh -c "touch /tmp/other; exit 3"' }
        @{ Script = 'Invoke-Container -Detach host -Name other -WhatIf -- true' }
        @{ Script = '1..3 | Invoke-Container host -WhatIf -- cat' }
        @{ Script = 'Start-Container made -WhatIf' }
        @{ Script = 'Stop-Container running -WhatIf' }
        @{ Script = 'Remove-Container made -WhatIf' }
        @{ Script = 'Remove-Container running -Force -WhatIf' }
        @{ Script = 'Get-Container | Remove-Container -Force -WhatIf' }
        @{ Script = 'Remove-ContainerImage box -Force -WhatIf' }
        @{ Script = 'Import-ContainerImage "$($engine.Root)/box.tar" -Name other -WhatIf' }
        @{ Script = 'Mount-Overlay "$($engine.Root)" /etc -WhatIf' }
        @{ Script = 'Invoke-Container host -OutFile "$($engine.Root)/out.txt" -WhatIf -- echo a' }
    ) {
        $state = { (Get-Container | ForEach-Object { "$($_.Name) $($_.State) $($_.ProcessId)" }), (Get-ContainerImage).Name, (Test-Path "$($engine.Root)/out.txt") | ConvertTo-Json }
        $before = & $state
        Get-ErrorOf $Script | Should -BeNullOrEmpty
        & $state | Should -Be $before
    }

    It 'says what would be done' {
        $said = pwsh -NoProfile -NonInteractive -Command "Import-Module '$PSScriptRoot/../../Containers.psd1'; Remove-Container made -WhatIf; New-Container host -Name other -WhatIf -- true"
        $said[0] | Should -BeLike '*"Remove" on target "made"*'
        $said[1] | Should -BeLike "*`"Create`" on target `"the container 'other' of the image 'host'`"*"
    }

    It 'is there for every changing cmdlet' {
        Get-Command -Module Containers -CommandType Cmdlet | Where-Object { $_.Verb -notin 'Get', 'Find', 'Test', 'Measure', 'Compare', 'Wait', 'Watch' } | ForEach-Object {
            $_.Parameters.Keys | Should -Contain WhatIf -Because $_.Name
        }
    }
}

Describe 'Removing' -Skip:$cannot {
    It 'a running container needs -Force' {
        Remove-Container running -ErrorAction SilentlyContinue
        (Get-Container running).State | Should -Be Running
        Remove-Container running -Force -PassThru | ForEach-Object Name | Should -Be running
        Remove-Container made
    }

    It 'an image that a container uses is refused' {
        $null = New-Container box -Name user -- true
        (Get-ErrorOf 'Remove-ContainerImage box').FullyQualifiedErrorId | Should -BeLike 'ContainerImageInUse,*'
        Remove-Container user
        Remove-ContainerImage box
        (Get-ContainerImage).Name | Should -Be host
    }
}
