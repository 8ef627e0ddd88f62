#requires -Version 7.6
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.7' }

BeforeDiscovery {
    $cannot = (id -u) -ne 0 -or -not (Get-Command busybox -ErrorAction Ignore)
}

BeforeAll {
    . "$PSScriptRoot/TestEngine.ps1"
    $manifest = Convert-Path "$PSScriptRoot/../../Containers.psd1"
    if ((id -u) -eq 0) {
        $engine = New-TestEngine
        $null = Import-TestImage $engine
    }
}

AfterAll {
    if ($engine) { Remove-TestEngine $engine }
}

Describe 'Output' -Skip:$cannot {
    It 'keeps empty lines, a last line without newline, and what is no ASCII' {
        Invoke-Container -Rm host -- printf 'a\n\näöü €' | Should -Be 'a', '', 'äöü €'
    }

    It 'comes while the container runs' {
        $seen = Invoke-Container -Rm host -- sh -c 'echo now; sleep 1' | ForEach-Object { [datetime]::UtcNow }
        ([datetime]::UtcNow - $seen).TotalSeconds | Should -BeGreaterThan 0.8
    }

    It 'goes to a file beside the location' {
        Push-Location $engine.Root
        try { Invoke-Container -Rm -OutFile here.txt host -- echo a } finally { Pop-Location }
        Get-Content "$($engine.Root)/here.txt" | Should -Be a
    }
}

Describe 'Input' -Skip:$cannot {
    It 'takes a file''s bytes through a container and back' {
        $bytes = [byte[]]::new(300kb)
        [Random]::new(1).NextBytes($bytes)
        [IO.File]::WriteAllBytes("$($engine.Root)/in.bin", $bytes)
        Get-Content -AsByteStream -Raw "$($engine.Root)/in.bin" | Invoke-Container -Rm -OutFile "$($engine.Root)/back.bin" host -- cat
        (Get-FileHash "$($engine.Root)/back.bin").Hash | Should -Be (Get-FileHash "$($engine.Root)/in.bin").Hash
    }

    It 'is empty where nothing is piped' {
        Invoke-Container -Rm host -- wc -c | Should -Be 0
    }

    It 'passes from one container to the next' {
        'b', 'a' | Invoke-Container -Rm host -- sort | Invoke-Container -Rm box -- head -n 1 | Should -Be a
    }

    It 'is not waited for by a command that reads none' {
        1..100000 | Invoke-Container -Rm host -- true
        $LASTEXITCODE | Should -Be 0
    }
}

Describe 'A whole pwsh' -Skip:$cannot {
    It 'imports the module without a word' {
        pwsh -NoProfile -NonInteractive -Command "Import-Module '$manifest'; (Get-Module Containers).Name" 2>&1 | Should -Be Containers
    }

    It 'has the container''s output, standard error and exit code for its own' {
        $output = pwsh -NoProfile -NonInteractive -Command "Import-Module '$manifest'; Invoke-Container -Rm host -- sh -c 'echo out; echo err >&2; exit 7'; exit `$LASTEXITCODE" 2> "$($engine.Root)/err"
        $LASTEXITCODE | Should -Be 7
        $output | Should -Be out
        Get-Content "$($engine.Root)/err" | Should -Be err
    }

    It 'has the exit code of a script that ends with a container' {
        "Import-Module '$manifest'", 'Invoke-Container -Rm host -- sh -c "exit 9"', 'exit $LASTEXITCODE' | Set-Content "$($engine.Root)/script.ps1"
        pwsh -NoProfile -File "$($engine.Root)/script.ps1"
        $LASTEXITCODE | Should -Be 9
    }
}

Describe 'A foreground container' -Skip:$cannot {
    It 'ends with the pipeline that it is part of: <Script>' -ForEach @(
        @{ Script = 'Invoke-Container -Rm box -- seq 1 100000000 | Select-Object -First 3' }
        @{ Script = 'Invoke-Container -Rm box -- seq 1 100000000 | ForEach-Object { throw "enough" }' }
        @{ Script = '1..3 | ForEach-Object { if ($_ -eq 2) { throw "enough" }; $_ } | Invoke-Container -Rm box -- sh -c "cat; sleep 1000"' }
        @{ Script = 'foreach ($i in 1) { Invoke-Container -Rm box -- seq 1 100000000 | ForEach-Object { break } }' }
    ) {
        $watch = [Diagnostics.Stopwatch]::StartNew()
        try { & ([scriptblock]::Create($Script)) | Out-Null } catch { "$_" | Should -Be enough }
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 5
        Get-Container | Should -BeNullOrEmpty
    }

    It 'ends with the job that it runs in' {
        $job = Start-ThreadJob { Import-Module $using:manifest; Invoke-Container -Rm box -- sh -c 'echo up; sleep 1000' }
        try {
            Wait-Until { Receive-Job $job -Keep } | Should -BeTrue
            Stop-Job $job
            Wait-Until { -not (Get-Container) } | Should -BeTrue
        } finally {
            Remove-Job -Force $job
        }
    }

    It 'runs in a job of its own process, which takes the command by name' {
        $job = Start-Job { param($Manifest) Import-Module $Manifest; Invoke-Container -Rm box -Command seq, 3 } -ArgumentList $manifest
        Receive-Job $job -Wait -AutoRemoveJob | Should -Be 1, 2, 3
    }

    It 'runs beside others in parallel' {
        1..6 | ForEach-Object -Parallel { Import-Module $using:manifest; Invoke-Container -Rm box -- echo $_ } | Sort-Object | Should -Be 1, 2, 3, 4, 5, 6
    }

    It 'takes docker''s -e, -v and -w' {
        Invoke-Container -Rm -e A=1 -v "$($engine.Root):/mnt:ro" -w /mnt host -- sh -c 'echo $A; pwd; ls config.json' | Should -Be 1, /mnt, config.json
    }

    It 'shows a volume, and only reads it where that is asked' {
        $data = New-Item -ItemType Directory "$($engine.Root)/data"
        'a' | Set-Content "$data/file"
        Invoke-Container -Rm -Volume "${data}:/mnt" host -- sh -c 'echo b >> /mnt/file'
        Invoke-Container -Rm -Volume "${data}:/mnt:ro" host -- sh -c 'echo c >> /mnt/file' 2>$null
        $LASTEXITCODE | Should -Not -Be 0
        Get-Content "$data/file" | Should -Be a, b
    }

    It 'runs in a folder given as its root file system' {
        Invoke-Container -Rm -RootFileSystem "$($engine.Root)/box" -- sh -c 'echo kept > /made; echo /m*' | Should -Be /made
        "$($engine.Root)/box/made" | Should -FileContentMatch kept
    }

    It 'runs the command of its image where none is given' {
        $null = Import-ContainerImage "$($engine.Root)/box.tar" -Name spoken -Entrypoint echo -Cmd 'from the image'
        Invoke-Container -Rm spoken | Should -Be 'from the image'
        Invoke-Container -Rm spoken -- from here | Should -Be 'from here'
        Remove-ContainerImage spoken
    }
}

Describe 'A service' -Skip:$cannot {
    AfterEach { Get-Container | Remove-Container -Force }

    It 'with -Rm is gone once it has ended' {
        $null = Invoke-Container -Detach -Rm -Name short box -- sleep 0.2
        Wait-Until { -not (Get-Container) } | Should -BeTrue
    }

    It 'is started anew, and keeps what it has written' {
        $service = New-Container box -Name again -- sh -c 'echo run >> /runs; cat /runs | wc -l'
        1..2 | ForEach-Object { $null = $service | Start-Container | Wait-Container }
        Get-ContainerLog again -Raw | Should -Be 1, 2
    }
}

Describe 'A real Debian' -Skip:$cannot {
    BeforeAll {
        $archive = '/var/tmp/pscontainers-test-inputs/debian.tar'
        if (Test-Path $archive) { $null = Import-ContainerImage $archive -Name debian }
    }

    AfterAll {
        if (Test-Path $archive) { Remove-ContainerImage debian }
    }

    BeforeEach {
        if (-not (Test-Path $archive)) { Set-ItResult -Skipped -Because "$archive is not there (mmdebstrap --variant=minbase bookworm)" }
    }

    It 'sorts what is piped, as its own user, in its own folder' {
        'c', 'a', 'b' | Invoke-Container -Rm debian -- sort | Should -Be a, b, c
        Invoke-Container -Rm -User www-data -WorkingDirectory /var/www -Env MODE=test debian -- bash -c 'id -un; pwd; echo $MODE' | Should -Be www-data, /var/www, test
    }

    It 'keeps what a container changes in that container''s layer' {
        Invoke-Container -Name first debian -- bash -c 'echo mine > /etc/mine; rm /etc/debian_version'
        Invoke-Container -Rm debian -- bash -c 'test ! -e /etc/mine && test -e /etc/debian_version'
        $LASTEXITCODE | Should -Be 0
        Remove-Container first
    }
}
