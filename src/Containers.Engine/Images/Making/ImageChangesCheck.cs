using System.Globalization;
using System.Text;
using Containers.Engine.Layers;

namespace Containers.Engine.Images;

/// <summary>Refuses what no image's configuration may hold.</summary>
internal static class ImageChangesCheck
{
    private const int LongestText = 64 * 1024;

    /// <summary>Checks changes.</summary>
    /// <param name="changes">The changes.</param>
    /// <exception cref="EngineException">InvalidArgument.</exception>
    public static void Check(ImageChanges changes)
    {
        foreach (string word in (changes.Entrypoint ?? []).Concat(changes.Cmd ?? []))
        {
            CheckText("command", word);
        }

        foreach ((string key, string value) in changes.Env)
        {
            CheckText("Env", value);
            if (key.Length == 0 || key.Contains('=', StringComparison.Ordinal) || key.Contains('\0', StringComparison.Ordinal))
            {
                throw Wrong("Env", key, "a variable's name is not empty and holds no '='");
            }
        }

        foreach ((string key, string value) in changes.Labels)
        {
            CheckText("label", value);
            if (key.Length == 0 || key.Contains('\0', StringComparison.Ordinal))
            {
                throw Wrong("label", key, "a label's name is not empty");
            }
        }

        foreach (string path in changes.Volumes.Concat(changes.WorkingDir is { Length: > 0 } folder ? [folder] : []))
        {
            CheckText("folder", path);
            if (!path.StartsWith('/'))
            {
                throw Wrong("folder", path, "it is given by an absolute path");
            }
        }

        foreach (string port in changes.ExposedPorts)
        {
            _ = NormalizePort(port);
        }

        foreach (string? text in (string?[])[changes.User, changes.StopSignal, changes.Author, changes.Comment])
        {
            CheckText("configuration", text ?? string.Empty);
        }
    }

    /// <summary>A port with its protocol.</summary>
    /// <param name="port">As <c>80/tcp</c> or <c>80</c>, which is tcp.</param>
    /// <returns>As <c>80/tcp</c>.</returns>
    /// <exception cref="EngineException">InvalidArgument.</exception>
    public static string NormalizePort(string port)
    {
        string[] parts = port.Split('/');
        bool isValid = parts.Length <= 2 && ushort.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) && number > 0
            && (parts.Length == 1 || parts[1] is "tcp" or "udp" or "sctp");
        return isValid ? $"{ushort.Parse(parts[0], CultureInfo.InvariantCulture)}/{(parts.Length == 2 ? parts[1] : "tcp")}"
            : throw Wrong("port", port, "a port is a number from 1 to 65535, and tcp, udp or sctp after a slash, as in 80/tcp");
    }

    private static void CheckText(string what, string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal) || text.Length > LongestText)
        {
            throw Wrong(what, text, $"it holds a NUL, or more than {LongestText} characters");
        }
    }

    private static EngineException Wrong(string what, string value, string rule) => new(
        EngineErrorReason.InvalidArgument, what, $"The image's {what} '{EntryName.Show(Encoding.UTF8.GetBytes(value))}' is wrong: {rule}.");
}
