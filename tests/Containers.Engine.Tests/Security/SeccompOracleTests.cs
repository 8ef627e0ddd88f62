using Containers.Engine.Security;
using CsCheck;

namespace Containers.Engine.Tests.Security;

/// <summary>Our compiler and libseccomp's, on the same rules.</summary>
public sealed class SeccompOracleTests
{
    private static readonly Version Kernel = new(6, 18);
    private static readonly SystemCallAbi[] Both = [SystemCallAbi.X64, SystemCallAbi.I386];

    private static readonly (SeccompAction Action, ushort Data)[] Actions =
    [
        (SeccompAction.Allow, 0), (SeccompAction.Errno, 1), (SeccompAction.Errno, 22), (SeccompAction.KillProcess, 0),
        (SeccompAction.KillThread, 0), (SeccompAction.Trap, 0), (SeccompAction.Log, 0), (SeccompAction.Trace, 7),
    ];

    private static readonly Gen<ulong> Word = Gen.OneOf(
        Gen.OneOfConst(0UL, 1UL, 2UL, 0x7FFFFFFFUL, 0x80000000UL, 0xFFFFFFFEUL, 0xFFFFFFFFUL), Gen.ULong[0, uint.MaxValue]);

    private static readonly Gen<ulong> LongWord = Gen.OneOf(
        Word, Gen.ULong, Gen.OneOfConst(0x100000000UL, 0x100000001UL, 0xFFFFFFFF00000000UL, ulong.MaxValue, 1UL << 63));

    /// <summary>Calls that libseccomp knows in both ABIs, under one number in each.</summary>
    private static readonly Lazy<string[]> Names = new(() => [.. SystemCallTable.Of(SystemCallAbi.X64).Numbers.Keys
        .Where(n => !MultiplexedCalls.TryFind(n, out _, out _) && Both.All(a => Libseccomp.Number(a, n) >= 0)).Order(StringComparer.Ordinal)]);

    [Fact]
    public void The_tables_agree_with_libseccomps()
    {
        Libseccomp.SkipIfMissing();
        List<string> differences = [];
        int compared = 0;
        foreach (SystemCallAbi abi in Enum.GetValues<SystemCallAbi>())
        {
            foreach ((string name, uint number) in SystemCallTable.Of(abi).Numbers)
            {
                // Negative: known to libseccomp, but not under this ABI, or as a part of socketcall or ipc.
                int? theirs = Libseccomp.Number(abi, name);
                if (theirs is { } known and >= 0)
                {
                    compared++;
                    if (known != number)
                    {
                        differences.Add($"{abi} {name}: {number}, there {known}");
                    }
                }
            }
        }

        Assert.InRange(compared, 1500, 2000);
        Assert.Empty(differences);
    }

    [Fact]
    public void Rules_of_32_bit_values_get_libseccomps_verdicts_in_both_ABIs()
    {
        Libseccomp.SkipIfMissing();
        ProfileOf(Word, Simple).Sample(p => AgreeWithLibseccomp(p, Both), iter: 40, threads: 1);
    }

    [Fact]
    public void Rules_of_64_bit_values_get_libseccomps_verdicts_in_the_64_bit_ABI()
    {
        Libseccomp.SkipIfMissing();
        ProfileOf(LongWord, Simple).Sample(p => AgreeWithLibseccomp(p, [SystemCallAbi.X64]), iter: 40, threads: 1);
    }

    [Fact]
    public void Any_rules_get_the_verdict_of_the_strictest_that_matches()
    {
        // libseccomp 2.5.4 is no oracle here: its verdicts on several conditions on the same arguments are not always what the rules say.
        Libseccomp.SkipIfMissing();
        ProfileOf(LongWord, Any).Sample(
            p =>
            {
                Compare(p, Both, (abi, number, arguments) =>
                {
                    SystemCallTable table = SystemCallTable.Of(abi);
                    var matching = p.Rules.Where(r => table.Numbers[r.Names[0]] == number && r.Arguments.All(a => Holds(a, arguments[a.Index], abi)));
                    return matching.Select(r => Verdict(r.Action, r.Data)).DefaultIfEmpty(Verdict(p.DefaultAction, p.DefaultData)).MinBy(SeccompOutcome.Strictness);
                });
            },
            iter: 40,
            threads: 1);
    }

    private static bool Holds(SeccompArgument condition, ulong argument, SystemCallAbi abi)
    {
        (ulong value, ulong two) = (Narrow(condition.Value), Narrow(condition.ValueTwo));
        return condition.Operator switch
        {
            SeccompOperator.NotEqual => argument != value,
            SeccompOperator.LessThan => argument < value,
            SeccompOperator.LessOrEqual => argument <= value,
            SeccompOperator.Equal => argument == value,
            SeccompOperator.GreaterOrEqual => argument >= value,
            SeccompOperator.GreaterThan => argument > value,
            _ => (argument & value) == two,
        };

        ulong Narrow(ulong v) => abi.Is32Bit() && (long)v is < 0 and >= int.MinValue ? (uint)v : v;
    }

    private static void AgreeWithLibseccomp(SeccompProfile profile, SystemCallAbi[] abis)
    {
        byte[]? filter = Libseccomp.Compile(Verdict(profile.DefaultAction, profile.DefaultData), abis, Flatten(profile));
        Assert.NotNull(filter);
        var theirs = new FilterInterpreter(filter);
        Compare(profile, abis, (abi, number, arguments) => theirs.Run(abi.AuditArchitecture(), number, arguments));
    }

    private static void Compare(SeccompProfile profile, SystemCallAbi[] abis, Func<SystemCallAbi, uint, ulong[], uint> oracle)
    {
        var ours = new FilterInterpreter(SeccompCompiler.Compile(profile with { Abis = abis }, CapabilitySet.None, MachineArchitecture.X64, Kernel));
        var random = new Random(profile.Rules.Count);
        bool permissive = profile.DefaultAction is SeccompAction.Allow or SeccompAction.Log or SeccompAction.Trace;
        foreach (SystemCallAbi abi in abis)
        {
            SystemCallTable table = SystemCallTable.Of(abi);
            var ruled = profile.Rules.SelectMany(r => r.Names.Select(n => (Number: table.Numbers[n], r.Arguments))).ToLookup(r => r.Number, r => r.Arguments);
            uint last = ruled.Max(r => r.Key);
            for (uint number = 0; number <= 600; number++)
            {
                // What libseccomp leaves to its callers: calls unknown to the profile's author, and x32's second numbers.
                bool isX32 = abi == SystemCallAbi.X64 && number is >= 512 and <= 547;
                if (isX32 || (!permissive && (!table.IsKnown(number) || number > last)))
                {
                    Assert.Equal(SeccompCompilerTests.Enosys, ours.Run(abi.AuditArchitecture(), number));
                    continue;
                }

                foreach (ulong[] arguments in Samples([.. ruled[number].SelectMany(a => a)], abi, random))
                {
                    uint mine = ours.Run(abi.AuditArchitecture(), number, arguments);
                    uint right = oracle(abi, number, arguments);
                    Assert.True(
                        mine == right,
                        $"{abi} {number}({string.Join(", ", arguments.Select(a => $"0x{a:x}"))}): 0x{mine:x}, not 0x{right:x}\n{Describe(profile, table, number)}");
                }
            }
        }
    }

    /// <summary>Arguments on and about the values of the conditions.</summary>
    private static IEnumerable<ulong[]> Samples(SeccompArgument[] conditions, SystemCallAbi abi, Random random)
    {
        yield return new ulong[6];
        ulong[][] pools = [.. Enumerable.Range(0, 6).Select(i => (ulong[])[0, ulong.MaxValue, .. conditions.Where(c => c.Index == i).SelectMany(About)])];
        for (int i = 0; i < conditions.Length * 10; i++)
        {
            yield return [.. pools.Select(p => Narrow(p[random.Next(p.Length)]))];
        }

        ulong Narrow(ulong value) => abi.Is32Bit() ? (uint)value : value;

        IEnumerable<ulong> About(SeccompArgument c)
        {
            foreach (ulong v in (ulong[])[c.Value, c.ValueTwo, c.ValueTwo | ~c.Value])
            {
                yield return v;
                yield return v + 1;
                yield return v - 1;
                yield return v ^ (1UL << random.Next(64));
                yield return v ^ (1UL << 32);
            }
        }
    }

    /// <summary>One rule, or one value of several, for a call.</summary>
    private static Gen<(SeccompArgument[] Arguments, int Action)[]> Simple(Gen<ulong> word)
    {
        Gen<(SeccompArgument[], int)[]> one = Gen.Select(Conditions(word), Gen.Int[1, Actions.Length - 1], (c, a) => ((SeccompArgument[], int)[])[(c, a)]);
        Gen<(SeccompArgument[], int)[]> values = Gen.Select(
            Gen.Int[0, 5], word.Array[1, 5], Gen.Int[1, Actions.Length - 1], (i, v, a) => v.Select(x => (new SeccompArgument[] { new(i, SeccompOperator.Equal, x) }, a)).ToArray());
        return Gen.OneOf(one, values);
    }

    private static Gen<(SeccompArgument[] Arguments, int Action)[]> Any(Gen<ulong> word) =>
        Gen.Select(Conditions(word), Gen.Int[1, Actions.Length - 1]).Array[1, 4];

    private static Gen<SeccompArgument[]> Conditions(Gen<ulong> word)
    {
        Gen<SeccompArgument> argument =
            from index in Gen.Int[0, 5]
            from op in Gen.Enum<SeccompOperator>()
            from value in word
            from two in word
            select op == SeccompOperator.MaskedEqual ? new SeccompArgument(index, op, value | 1, two & (value | 1)) : new SeccompArgument(index, op, value);
        return argument.Array[0, 3].Select(a => a.DistinctBy(c => c.Index).ToArray());
    }

    private static Gen<SeccompProfile> ProfileOf(Gen<ulong> word, Func<Gen<ulong>, Gen<(SeccompArgument[] Arguments, int Action)[]>> alternatives)
    {
        var rule =
            from name in Gen.OneOfConst(Names.Value)
            from a in alternatives(word)
            select (Name: name, Alternatives: a);

        // Actions are counted from the default one on, which no rule repeats: libseccomp refuses that.
        return
            from byDefault in Gen.Int[0, Actions.Length - 1]
            from rules in rule.Array[1, 30]
            select new SeccompProfile(Actions[byDefault].Action,
            [
                .. from r in rules.DistinctBy(r => r.Name, StringComparer.Ordinal)
                   from alternative in r.Alternatives
                   let action = Actions[(byDefault + alternative.Action) % Actions.Length]
                   select new SeccompRule(action.Action, [r.Name]) { Data = action.Data, Arguments = alternative.Arguments },
            ]) { DefaultData = Actions[byDefault].Data };
    }

    private static IEnumerable<(string Name, uint Verdict, IReadOnlyList<SeccompArgument> Arguments)> Flatten(SeccompProfile profile) =>
        from rule in profile.Rules from name in rule.Names select (name, Verdict(rule.Action, rule.Data), rule.Arguments);

    private static string Describe(SeccompProfile profile, SystemCallTable table, uint number) => string.Join(
        '\n', profile.Rules.Where(r => r.Names.Any(n => table.Numbers[n] == number)).Select(r => $"{r.Action} {string.Join(" and ", r.Arguments)}"));

    private static uint Verdict(SeccompAction action, ushort data) =>
        action is SeccompAction.Errno or SeccompAction.Trace ? (uint)action | data : (uint)action;
}
