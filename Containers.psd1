@{
    RootModule = 'module/bin/Containers.Module.dll'
    ModuleVersion = '0.1.0'
    GUID = '5d3f4c0e-8a1b-4c57-9d0e-6a7b2f1c93e4'
    Author = 'The Containers authors'
    CompanyName = 'The Containers authors'
    Copyright = '(c) The Containers authors. MIT licence.'
    Description = 'A container engine for Linux without a daemon: cmdlets that drive the kernel themselves and emit typed objects.'
    PowerShellVersion = '7.6'
    CompatiblePSEditions = @('Core')
    FormatsToProcess = @('module/Containers.Format.ps1xml')
    FunctionsToExport = @()
    VariablesToExport = @()
    CmdletsToExport = @(
        'Add-ContainerImageTag'
        'Clear-ContainerStorage'
        'Compare-Container'
        'Compare-ContainerImage'
        'Connect-ContainerRegistry'
        'ConvertTo-ContainerImage'
        'Copy-ContainerItem'
        'Disconnect-ContainerRegistry'
        'Dismount-ContainerImage'
        'Enter-Container'
        'Export-Container'
        'Export-ContainerImage'
        'Find-ContainerImage'
        'Get-Container'
        'Get-ContainerConfiguration'
        'Get-ContainerEngine'
        'Get-ContainerImage'
        'Get-ContainerImageHistory'
        'Get-ContainerLayer'
        'Get-ContainerLog'
        'Get-ContainerProcess'
        'Import-ContainerImage'
        'Invoke-Container'
        'Invoke-ContainerCommand'
        'Measure-Container'
        'Measure-ContainerStorage'
        'Mount-ContainerImage'
        'New-Container'
        'New-ContainerImage'
        'Publish-ContainerImage'
        'Receive-ContainerImage'
        'Remove-Container'
        'Remove-ContainerImage'
        'Set-ContainerConfiguration'
        'Start-Container'
        'Stop-Container'
        'Test-ContainerImage'
        'Wait-Container'
        'Watch-ContainerEvent'
    )
    AliasesToExport = @(
        'Commit-Container'
        'Cp-Container'
        'Create-Container'
        'Diff-Container'
        'Events-Container'
        'Exec-Container'
        'Load-ContainerImage'
        'Logs-Container'
        'Prune-ContainerStorage'
        'Pull-ContainerImage'
        'Push-ContainerImage'
        'Run-Container'
        'Save-ContainerImage'
        'Stats-Container'
        'Tag-ContainerImage'
        'Top-Container'
    )
    PrivateData = @{
        PSData = @{
            Tags = @('Container', 'OCI', 'Namespace', 'Cgroup', 'Linux', 'PSEdition_Core')
        }
    }
}
