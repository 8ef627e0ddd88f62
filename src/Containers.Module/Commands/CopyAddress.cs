using System.Management.Automation;

namespace Containers.Commands;

/// <summary>One side of a copy as docker cp has it: a path of this machine, or <c>CONTAINER:PATH</c>, or <c>-</c> for the bytes of the pipeline.</summary>
/// <param name="Container">The container's name or id; null for this machine.</param>
/// <param name="Path">The path.</param>
internal sealed record CopyAddress(string? Container, string Path)
{
    /// <summary>Whether it is the pipeline.</summary>
    public bool IsStream => Container is null && Path == "-";

    /// <summary>Reads an address. What begins with a dot or a slash is a path of this machine, and so is one of a drive of PowerShell.</summary>
    /// <param name="text">The address.</param>
    /// <param name="session">Knows the drives.</param>
    /// <returns>The address.</returns>
    public static CopyAddress Parse(string text, SessionState session)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var isLocal = colon <= 0 || text[0] is '.' or '/' or '~' || text[..colon].Contains('/', StringComparison.Ordinal)
            || text.AsSpan(colon).StartsWith("::", StringComparison.Ordinal) || IsDrive(text[..colon], session);
        return isLocal ? new CopyAddress(null, text) : new CopyAddress(text[..colon], text[(colon + 1)..] is { Length: > 0 } path ? path : "/");
    }

    /// <inheritdoc/>
    public override string ToString() => Container is null ? Path : $"{Container}:{Path}";

    private static bool IsDrive(string name, SessionState session) =>
        session.Drive.GetAll().Any(drive => string.Equals(drive.Name, name, StringComparison.OrdinalIgnoreCase));
}
