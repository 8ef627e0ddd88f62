namespace Containers.Engine.Security;

/// <summary>Finds what a mistyped name was probably meant to be.</summary>
internal static class NearestName
{
    /// <summary>The candidate with the fewest edits, if they are few enough for a guess to be of use.</summary>
    /// <param name="name">What was typed, in the candidates' own case.</param>
    /// <param name="candidates">The known names.</param>
    /// <returns>A candidate, or null where none is near.</returns>
    internal static string? Of(string name, IEnumerable<string> candidates)
    {
        // A name much longer than any known one is no slip of the finger, and would only cost time.
        if (name.Length is 0 or > 64)
        {
            return null;
        }

        string? best = null;
        int fewest = Math.Max(2, name.Length / 3) + 1;
        foreach (string candidate in candidates)
        {
            int edits = Distance(name, candidate);
            if (edits < fewest)
            {
                fewest = edits;
                best = candidate;
            }
        }

        return best;
    }

    /// <summary>Levenshtein's distance: insertions, deletions and replacements of one character.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = new int[b.Length + 1];
        for (int j = 0; j < row.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
