# What the suites share, dot-sourced in their BeforeAll: the module, an engine on roots and a cgroup parent of its own, and a check of what is left.

Import-Module "$PSScriptRoot/../../Containers.psd1" -ErrorAction Stop

function New-TestEngine {
    # An overlay's upper folder needs a disk's file system, which /tmp need not be.
    $base = $env:CGROUP2_VM_SCRATCH ? $env:CGROUP2_VM_SCRATCH : '/var/tmp'
    $root = (New-Item -ItemType Directory "$base/containers-pester-$PID-$(New-Guid)").FullName
    $parent = "pscontainers-pester-$PID"
    @{ stateRoot = "$root/state"; runtimeRoot = "$root/run"; cgroupParent = $parent; images = @{ pull = 'Never' } } | ConvertTo-Json | Set-Content "$root/config.json"
    $env:CONTAINERS_CONFIG = "$root/config.json"
    @{ Root = $root; CgroupParent = $parent }
}

# A root file system of a few busybox links, imported as the image 'box'.
function Import-TestImage($Engine) {
    $folder = (New-Item -ItemType Directory "$($Engine.Root)/box").FullName
    foreach ($name in 'bin', 'etc', 'tmp', 'proc', 'sys', 'dev') { $null = New-Item -ItemType Directory "$folder/$name" }
    Copy-Item (Get-Command busybox).Source "$folder/bin/busybox"
    foreach ($applet in 'sh', 'cat', 'sort', 'echo', 'sleep', 'head', 'id', 'true', 'tail', 'seq', 'kill', 'ls', 'dd', 'wc') {
        $null = New-Item -ItemType SymbolicLink "$folder/bin/$applet" -Target busybox
    }
    'root:x:0:0:root:/root:/bin/sh', 'user:x:1000:1000::/:/bin/sh' | Set-Content "$folder/etc/passwd"
    'not a program' | Set-Content "$folder/etc/text"
    tar -C $folder -cf "$($Engine.Root)/box.tar" .
    Import-ContainerImage -Path "$($Engine.Root)/box.tar" -Name box
}

function Wait-Until([scriptblock] $Condition, [int] $Seconds = 20) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) {
        if ($watch.Elapsed.TotalSeconds -gt $Seconds) { return $false }
        Start-Sleep -Milliseconds 50
    }
    $true
}

function Get-TestLeftover($Engine) {
    Get-Container | ForEach-Object { "container $($_.Name)" }
    Get-ChildItem "$($Engine.Root)/state/containers", "$($Engine.Root)/run/containers", "$($Engine.Root)/state/names" | ForEach-Object { "file $_" }
    Get-ChildItem /sys/fs/cgroup -Recurse -Depth 1 -Directory -Filter $Engine.CgroupParent | Get-ChildItem -Directory |
        Where-Object Name -ne monitors | ForEach-Object { "cgroup $_" }
    Select-String -Path /proc/self/mountinfo -Pattern $Engine.Root -SimpleMatch | ForEach-Object { "mount $($_.Line)" }
    foreach ($process in Get-Process ps-monitor -ErrorAction Ignore) {
        # It may end at any moment.
        try { $cgroups = [IO.File]::ReadAllText("/proc/$($process.Id)/cgroup") } catch { continue }
        if ($cgroups.Contains($Engine.CgroupParent)) { "monitor $($process.Id)" }
    }
}

# Throws where anything is left; then removes the engine's roots and cgroups.
function Remove-TestEngine($Engine) {
    $left = @()
    $isClean = Wait-Until { $script:left = @(Get-TestLeftover $Engine); $script:left.Count -eq 0 }
    Get-Container | Remove-Container -Force -Confirm:$false
    $parents = @(Get-ChildItem /sys/fs/cgroup -Recurse -Depth 1 -Directory -Filter $Engine.CgroupParent)
    foreach ($parent in $parents) { rmdir "$parent/monitors" $parent 2>$null }
    Remove-Item Env:CONTAINERS_CONFIG
    Remove-Item -Recurse -Force $Engine.Root
    if (-not $isClean) { throw "left behind: $($script:left -join '; ')" }
}

# The errors of a script, the one that ended it too.
function Get-ErrorOf([string] $Script) {
    try {
        . ([scriptblock]::Create($Script)) 2>&1 | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] }
    } catch {
        $_
    }
}
