using System.Text;

namespace Containers.Foreground;

/// <summary>
/// Cuts UTF-8 bytes into lines at newlines, a carriage return before one included. A character or a line may lie across any
/// number of chunks; what is no UTF-8 becomes U+FFFD.
/// </summary>
internal sealed class LineDecoder
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly StringBuilder _partial = new();
    private char[] _characters = [];

    /// <summary>Takes the next bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>The lines that they complete.</returns>
    public List<string> Decode(ReadOnlySpan<byte> bytes) => Decode(bytes, flush: false);

    /// <summary>Ends the text.</summary>
    /// <returns>The last line, where no newline ended it; else null.</returns>
    public string? Finish()
    {
        // No newline can come of a flush: at most the replacement of a character cut short.
        Decode([], flush: true);
        if (_partial.Length == 0)
        {
            return null;
        }

        var last = _partial.ToString();
        _partial.Clear();
        return last;
    }

    private List<string> Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        var needed = Encoding.UTF8.GetMaxCharCount(bytes.Length);
        if (_characters.Length < needed)
        {
            _characters = new char[needed];
        }

        var count = _decoder.GetChars(bytes, _characters, flush);
        var rest = _characters.AsSpan(0, count);
        var lines = new List<string>();
        for (var newline = rest.IndexOf('\n'); newline >= 0; newline = rest.IndexOf('\n'))
        {
            lines.Add(Complete(rest[..newline]));
            rest = rest[(newline + 1)..];
        }

        _partial.Append(rest);
        return lines;
    }

    private string Complete(ReadOnlySpan<char> end)
    {
        if (_partial.Length == 0)
        {
            return (end.EndsWith('\r') ? end[..^1] : end).ToString();
        }

        _partial.Append(end);
        if (_partial[^1] == '\r')
        {
            _partial.Length--;
        }

        var line = _partial.ToString();
        _partial.Clear();
        return line;
    }
}
