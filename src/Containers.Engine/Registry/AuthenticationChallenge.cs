namespace Containers.Engine.Registry;

/// <summary>One way to authenticate that a server offers in <c>WWW-Authenticate</c> (RFC 9110, 11.6.1).</summary>
/// <param name="Scheme">The scheme in lower case: basic, bearer.</param>
/// <param name="Parameters">Its parameters; names in lower case.</param>
internal sealed record AuthenticationChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    private const int LongestHeader = 8192, MostParameters = 32;

    /// <summary>A parameter; null where it is missing.</summary>
    public string? this[string name] => Parameters.GetValueOrDefault(name);

    /// <summary>Reads challenges. What does not parse ends the reading; what stands before it counts.</summary>
    /// <param name="headers">The header's values.</param>
    /// <returns>The challenges in their order.</returns>
    public static IReadOnlyList<AuthenticationChallenge> Parse(IEnumerable<string> headers)
    {
        var challenges = new List<AuthenticationChallenge>();
        foreach (string header in headers.Where(header => header.Length <= LongestHeader))
        {
            Parse(header, challenges);
        }

        return challenges;
    }

    private static void Parse(string header, List<AuthenticationChallenge> into)
    {
        int at = 0;
        Dictionary<string, string>? parameters = null;
        while (true)
        {
            Skip(header, ref at, " \t,");
            string word = Token(header, ref at);
            if (word.Length == 0)
            {
                return;
            }

            int afterWord = at;
            Skip(header, ref at, " \t");
            if (parameters is not null && at < header.Length && header[at] == '=')
            {
                at++;
                Skip(header, ref at, " \t");
                string? value = at < header.Length && header[at] == '"' ? Quoted(header, ref at) : Token(header, ref at);
                if (value is null || parameters.Count == MostParameters)
                {
                    return;
                }

                parameters.TryAdd(word.ToLowerInvariant(), value);
                continue;
            }

            at = afterWord;
            parameters = new Dictionary<string, string>(StringComparer.Ordinal);
            into.Add(new AuthenticationChallenge(word.ToLowerInvariant(), parameters));
        }
    }

    private static void Skip(string text, ref int at, string what)
    {
        while (at < text.Length && what.Contains(text[at], StringComparison.Ordinal))
        {
            at++;
        }
    }

    private static string Token(string text, ref int at)
    {
        int start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || "!#$%&'*+-.^_`|~/:".Contains(text[at], StringComparison.Ordinal)))
        {
            at++;
        }

        return text[start..at];
    }

    private static string? Quoted(string text, ref int at)
    {
        var value = new System.Text.StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '"')
            {
                at++;
                return value.ToString();
            }

            if (text[at] == '\\' && ++at == text.Length)
            {
                return null;
            }

            value.Append(text[at]);
        }

        return null;
    }
}
