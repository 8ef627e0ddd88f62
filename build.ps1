#!/usr/bin/env pwsh
#requires -Version 7.6
<#
.SYNOPSIS
    Builds, tests, measures or packs the Containers module. Every task calls dotnet; nothing is built here by other means.
.EXAMPLE
    ./build.ps1; Import-Module ./Containers.psd1
    Builds the module and imports it from this folder.
.EXAMPLE
    ./build.ps1 Test
    Runs every test. Most of them need root.
#>
[CmdletBinding()]
param(
    # Build: the module, ready to be imported from this folder. Test: all tests. Bench: the benchmarks beside this engine's
    # peers. Package: the module alone, in artifacts/Containers.
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Bench', 'Package')]
    [string] $Task = 'Build',

    # Release is what ships; Debug has assertions and is what dotnet build makes without being told.
    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Invoke-DotNet {
    & dotnet @args
    if ($LASTEXITCODE -ne 0) {
        throw "dotnet $($args[0]) failed with exit code $LASTEXITCODE."
    }
}

switch ($Task) {
    'Build' {
        Invoke-DotNet build "$PSScriptRoot/src/Containers.Module" -c $Configuration
    }
    'Test' {
        Invoke-DotNet test "$PSScriptRoot/Containers.slnx" -c $Configuration
    }
    'Bench' {
        Invoke-DotNet run --project "$PSScriptRoot/bench/Containers.Bench" -c $Configuration
    }
    'Package' {
        Invoke-DotNet build "$PSScriptRoot/src/Containers.Module" -c $Configuration '-t:Build;PackModule'
    }
}
