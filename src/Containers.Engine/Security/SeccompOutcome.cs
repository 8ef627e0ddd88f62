using System.Globalization;
using System.Text;

namespace Containers.Engine.Security;

/// <summary>What a filter answers to one system call: the first alternative whose conditions all hold, else the last word.</summary>
internal sealed class SeccompOutcome
{
    private readonly List<(uint Verdict, IReadOnlyList<SeccompArgument> Arguments)> _alternatives = [];

    /// <summary>Makes an outcome without alternatives.</summary>
    /// <param name="otherwise">The verdict where no alternative holds.</param>
    internal SeccompOutcome(uint otherwise) => Otherwise = otherwise;

    /// <summary>The verdict where no alternative holds.</summary>
    internal uint Otherwise { get; private set; }

    /// <summary>Verdicts under conditions, in the order they are tried.</summary>
    internal IReadOnlyList<(uint Verdict, IReadOnlyList<SeccompArgument> Arguments)> Alternatives => _alternatives;

    /// <summary>Adds a rule's verdict.</summary>
    /// <param name="verdict">SECCOMP_RET_* with its data.</param>
    /// <param name="arguments">The conditions; none: always.</param>
    internal void Add(uint verdict, IReadOnlyList<SeccompArgument> arguments) => _alternatives.Add((verdict, arguments));

    /// <summary>Puts the strictest alternative first and leaves out what cannot be reached or makes no difference.</summary>
    internal void Settle()
    {
        var sorted = _alternatives.OrderBy(a => Strictness(a.Verdict)).ToList();
        int unconditional = sorted.FindIndex(a => a.Arguments.Count == 0);
        if (unconditional >= 0)
        {
            Otherwise = sorted[unconditional].Verdict;
            sorted.RemoveRange(unconditional, sorted.Count - unconditional);
        }

        while (sorted.Count > 0 && sorted[^1].Verdict == Otherwise)
        {
            sorted.RemoveAt(sorted.Count - 1);
        }

        _alternatives.Clear();
        _alternatives.AddRange(sorted);
    }

    /// <summary>Equal for outcomes that answer alike.</summary>
    /// <returns>A key.</returns>
    internal string Key()
    {
        if (_alternatives.Count == 0)
        {
            return Otherwise.ToString(CultureInfo.InvariantCulture);
        }

        var key = new StringBuilder();
        foreach ((uint verdict, IReadOnlyList<SeccompArgument> arguments) in _alternatives)
        {
            key.Append(verdict).Append(':').AppendJoin('&', arguments).Append('|');
        }

        return key.Append(Otherwise).ToString();
    }

    /// <summary>The kernel's order of actions: it compares them as signed numbers, and the least counts.</summary>
    /// <param name="verdict">SECCOMP_RET_* with its data.</param>
    /// <returns>The less, the stricter.</returns>
    internal static int Strictness(uint verdict) => unchecked((int)(verdict & 0xFFFF0000));
}
