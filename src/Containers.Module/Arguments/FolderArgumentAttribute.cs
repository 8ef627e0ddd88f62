using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>
/// Paths of this machine, made absolute: texts, objects of Get-Item, objects with a property Path. Any character may be in a name: a backslash or a colon, which PowerShell's
/// own resolution takes for something else, stay what they are.
/// </summary>
/// <param name="isPattern">Whether a * alone is no name, but stands for all there are.</param>
internal sealed class FolderArgumentAttribute(bool isPattern = false) : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        var paths = Elements(input).Select(value => PathOf(session, value)).ToArray();
        return paths.Length == 1 ? paths[0] : paths;
    }

    private string PathOf(SessionState session, object value)
    {
        switch (Unwrap(value))
        {
            case FileSystemInfo item:
                return item.FullName;
            case string:
                return Absolute(session, Text(value));
        }

        return PSObject.AsPSObject(value).Properties["Path"]?.Value is { } found && Text(found) is { Length: > 0 } path ? Absolute(session, path)
            : throw new FormatException($"'{Text(value)}' ({Unwrap(value)?.GetType().Name}) is no folder: a path is wanted, or an object with one.");
    }

    private string Absolute(SessionState session, string path)
    {
        if (path.Length == 0 || path[0] == '/' || (isPattern && path == "*"))
        {
            return path.Length > 1 ? path.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/" : path;
        }

        if (path == "~" || path.StartsWith("~/", StringComparison.Ordinal))
        {
            return Path.TrimEndingDirectorySeparator(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..]);
        }

        if (session.Path.IsPSAbsolute(path, out var drive) && session.Drive.GetAll().Any(one => one.Name.Equals(drive, StringComparison.OrdinalIgnoreCase)))
        {
            var resolved = session.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            return provider.Name == "FileSystem" ? resolved : throw new FormatException($"'{path}' is no folder: the drive '{drive}' is none of the file system.");
        }

        return Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, session.Path.CurrentFileSystemLocation.ProviderPath));
    }
}
