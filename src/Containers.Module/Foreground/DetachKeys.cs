namespace Containers.Foreground;

/// <summary>
/// Finds in what is typed the keys that detach. What may be their beginning is held back until it is known; typed in vain it goes on to the command.
/// </summary>
/// <param name="sequence">The bytes of the keys; none for no such keys.</param>
internal sealed class DetachKeys(byte[] sequence)
{
    private int _matched;

    /// <summary>Ctrl-P Ctrl-Q, as docker and podman have it.</summary>
    public const string Default = "ctrl-p,ctrl-q";

    /// <summary>Reads keys as docker writes them: letters, or ctrl- with a letter or one of @ [ \\ ] ^ _, with commas between.</summary>
    /// <param name="text">The text; empty for no keys.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="FormatException">The text is no such keys.</exception>
    public static byte[] Parse(string text)
    {
        if (text.Length == 0)
        {
            return [];
        }

        var bytes = new List<byte>();
        foreach (var key in text.Split(','))
        {
            if (key is [var single] && char.IsAscii(single) && !char.IsControl(single))
            {
                bytes.Add((byte)single);
            }
            else if (key.StartsWith("ctrl-", StringComparison.OrdinalIgnoreCase) && key.Length == 6 && char.ToUpperInvariant(key[5]) is >= '@' and <= '_' and var control)
            {
                bytes.Add((byte)(control - '@'));
            }
            else
            {
                throw new FormatException($"'{key}' is no key that detaches: write keys as 'ctrl-p,ctrl-q' or 'ctrl-a,d', or '' for none.");
            }
        }

        return [.. bytes];
    }

    /// <summary>Takes what was typed.</summary>
    /// <param name="typed">The bytes.</param>
    /// <param name="passed">What is to go on to the command.</param>
    /// <returns>Whether the keys were typed: what follows them is dropped.</returns>
    public bool Take(ReadOnlySpan<byte> typed, List<byte> passed)
    {
        foreach (var key in typed)
        {
            while (_matched > 0 && key != sequence[_matched])
            {
                // The first held back goes on; the others may begin the sequence anew.
                var held = sequence.AsSpan(0, _matched);
                var shift = 1;
                while (shift < _matched && !sequence.AsSpan(0, _matched - shift).SequenceEqual(held[shift..]))
                {
                    shift++;
                }

                passed.AddRange(held[..shift]);
                _matched -= shift;
            }

            if (sequence.Length > 0 && key == sequence[_matched])
            {
                _matched++;
                if (_matched == sequence.Length)
                {
                    _matched = 0;
                    return true;
                }
            }
            else
            {
                passed.Add(key);
            }
        }

        return false;
    }
}
