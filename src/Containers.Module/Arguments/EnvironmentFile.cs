using System.Text;

namespace Containers.Arguments;

/// <summary>
/// Files of variables in Docker's format: KEY=VALUE on a line, the value taken as it stands, quotes and blanks included; lines that begin with # are
/// comments; a KEY alone takes the session's value, and is left out where it has none.
/// </summary>
internal static class EnvironmentFile
{
    private const int Largest = 1024 * 1024;
    private static readonly char[] s_lineEnds = ['\r'];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="variables">Where the variables go; those that are there are replaced.</param>
    /// <exception cref="FormatException">The file is not of that format; the message names it and the line.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static void Read(string path, IDictionary<string, string> variables)
    {
        var lines = Text(path).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd(s_lineEnds).TrimStart();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? line : line[..equals];
            if (key.Length == 0 || key.Any(char.IsWhiteSpace) || line.Contains('\0', StringComparison.Ordinal))
            {
                var rule = key.Length == 0 ? "it has no name before =" : line.Contains('\0', StringComparison.Ordinal) ? "it has a NUL" : "its name has a blank";
                throw new FormatException($"{path}, line {i + 1}: this is no variable, as {rule}. A line is KEY=VALUE, KEY alone, or a comment that begins with #.");
            }

            if ((equals < 0 ? Environment.GetEnvironmentVariable(key) : line[(equals + 1)..]) is { } value)
            {
                variables[key] = value;
            }
        }
    }

    private static string Text(string path)
    {
        // The bound keeps a device or a mistaken image out of memory; a pipe of another program's will do.
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        using var content = new MemoryStream();
        var piece = new byte[64 * 1024];
        for (var read = file.Read(piece); read > 0; read = file.Read(piece))
        {
            content.Write(piece, 0, read);
            if (content.Length > Largest)
            {
                throw new FormatException($"{path} is larger than {Largest} bytes: it is no file of variables.");
            }
        }

        try
        {
            var text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(content.GetBuffer(), 0, (int)content.Length);
            return text.StartsWith('\uFEFF') ? text[1..] : text;
        }
        catch (DecoderFallbackException e)
        {
            throw new FormatException($"{path} is no file of variables: it is not UTF-8.", e);
        }
    }
}
