namespace Containers.Engine.Runtime;

/// <summary>Environment variables as KEY=VALUE texts (environ(7)).</summary>
internal static class Variables
{
    /// <summary>The texts of a map.</summary>
    public static IEnumerable<string> Texts(IReadOnlyDictionary<string, string> variables) => variables.Select(variable => $"{variable.Key}={variable.Value}");

    /// <summary>Each variable once: the last one's value in the first one's place.</summary>
    /// <param name="variables">KEY=VALUE texts.</param>
    /// <returns>The texts that are left.</returns>
    public static IReadOnlyList<string> Merge(IEnumerable<string> variables)
    {
        var merged = new Dictionary<string, string>(StringComparer.Ordinal);
        var order = new List<string>();
        foreach (string variable in variables)
        {
            string key = variable[..variable.IndexOf('=', StringComparison.Ordinal)];
            if (merged.TryAdd(key, variable))
            {
                order.Add(key);
            }

            merged[key] = variable;
        }

        return [.. order.Select(key => merged[key])];
    }
}
