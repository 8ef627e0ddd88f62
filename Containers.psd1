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
        'Get-Container'
        'Get-ContainerEngine'
        'Get-ContainerImage'
        'Get-ContainerLog'
        'Import-ContainerImage'
        'Invoke-Container'
        'New-Container'
        'Remove-Container'
        'Remove-ContainerImage'
        'Start-Container'
        'Stop-Container'
        'Wait-Container'
    )
    AliasesToExport = @(
        'Create-Container'
        'Load-ContainerImage'
        'Run-Container'
    )
    PrivateData = @{
        PSData = @{
            Tags = @('Container', 'OCI', 'Namespace', 'Cgroup', 'Linux', 'PSEdition_Core')
        }
    }
}
