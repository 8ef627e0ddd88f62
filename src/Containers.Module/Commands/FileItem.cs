using System.Management.Automation;

namespace Containers.Commands;

/// <summary>Files as Get-Item gives them, so that what follows in the pipeline finds PSPath and the like.</summary>
internal static class FileItem
{
    /// <summary>A file or folder of this machine.</summary>
    /// <param name="cmdlet">The cmdlet that writes it.</param>
    /// <param name="path">Its absolute path.</param>
    /// <returns>The item; one without a provider's properties where the file is not there.</returns>
    public static object Get(PSCmdlet cmdlet, string path)
    {
        if (!Path.Exists(path))
        {
            return new FileInfo(path);
        }

        // By the provider's name, since the session's location may be in another one.
        return cmdlet.InvokeProvider.Item.Get([$"Microsoft.PowerShell.Core\\FileSystem::{path}"], force: true, literalPath: true)[0];
    }
}
