using System.Runtime.InteropServices;

namespace Containers.Engine.Security;

/// <summary>
/// Compiles a profile to a seccomp filter (a classic BPF program over struct seccomp_data): a switch over the ABI, then a
/// balanced search over ranges of numbers with the same outcome. Only instructions that the kernel can evaluate ahead of
/// time are used on a call's number, so that calls which are always allowed pass by the bitmap it keeps (since Linux 5.11).
/// </summary>
internal static class SeccompCompiler
{
    private const int NumberOffset = 0;
    private const int ArchitectureOffset = 4;
    private const int ArgumentsOffset = 16;

    // x32 calls come under x86-64's AUDIT_ARCH with this bit in the number. Before Linux 5.4 the numbers reserved for x32 also
    // worked without it, as second ways to execve, ptrace and others.
    private const uint X32Bit = 0x40000000;
    private const uint FirstX32Number = 512;
    private const uint LastX32Number = 547;
    private const uint ArmPrivateEnd = SystemCallTable.ArmPrivateBase + 8;

    private const uint NotImplemented = (uint)SeccompAction.Errno | SeccompProfile.ENOSYS;

    /// <summary>Compiles a profile.</summary>
    /// <param name="profile">The rules.</param>
    /// <param name="caps">The container's capabilities (its bounding set).</param>
    /// <param name="arch">The machine's architecture.</param>
    /// <param name="kernel">The running kernel's version.</param>
    /// <returns>An array of struct sock_filter, 8 bytes each, at most 4096 of them.</returns>
    /// <exception cref="EngineException">The program would be longer than the kernel takes.</exception>
    internal static byte[] Compile(SeccompProfile profile, CapabilitySet caps, MachineArchitecture arch, Version kernel)
    {
        List<SeccompRule> rules = [.. profile.Rules.Where(r => r.IsInForce(caps, arch, kernel))];
        var program = new FilterProgram();
        int otherwise = program.PutReturn((uint)SeccompAction.KillProcess);

        // Written from the end: the machine's own ABI comes last here and so is the first thing the program asks for.
        foreach (SystemCallAbi abi in arch.Abis().Reverse())
        {
            if (abi == arch.Abis()[0] || profile.Abis.Contains(abi))
            {
                int entry = PutAbi(program, profile, rules, abi);
                otherwise = program.PutBranch(FilterProgram.Test.Equal, abi.AuditArchitecture(), entry, otherwise);
            }
        }

        program.PutLoad(ArchitectureOffset);
        return program.ToBytes();
    }

    private static int PutAbi(FilterProgram program, SeccompProfile profile, List<SeccompRule> rules, SystemCallAbi abi)
    {
        List<(uint Start, SeccompOutcome Outcome)> ranges = Ranges(profile, rules, abi);
        var blocks = new Dictionary<SeccompOutcome, int>();
        foreach ((_, SeccompOutcome outcome) in ranges)
        {
            if (outcome.Alternatives.Count > 0 && !blocks.ContainsKey(outcome))
            {
                blocks.Add(outcome, PutAlternatives(program, outcome, abi));
            }
        }

        // The search ends in whatever was put last, or this load would run into it.
        program.PutJump(PutSearch(program, CollectionsMarshal.AsSpan(ranges), blocks));
        return program.PutLoad(NumberOffset);
    }

    private static int PutSearch(
        FilterProgram program, ReadOnlySpan<(uint Start, SeccompOutcome Outcome)> ranges, Dictionary<SeccompOutcome, int> blocks)
    {
        if (ranges.Length == 1)
        {
            SeccompOutcome outcome = ranges[0].Outcome;
            return outcome.Alternatives.Count > 0 ? blocks[outcome] : program.PutReturn(outcome.Otherwise);
        }

        int middle = ranges.Length / 2;
        int upper = PutSearch(program, ranges[middle..], blocks);
        int lower = PutSearch(program, ranges[..middle], blocks);
        return program.PutBranch(FilterProgram.Test.GreaterOrEqual, ranges[middle].Start, upper, lower);
    }

    private static int PutAlternatives(FilterProgram program, SeccompOutcome outcome, SystemCallAbi abi)
    {
        int next = program.PutReturn(outcome.Otherwise);
        foreach ((uint verdict, IReadOnlyList<SeccompArgument> arguments) in outcome.Alternatives.Reverse())
        {
            int match = program.PutReturn(verdict);
            foreach (SeccompArgument argument in arguments.Reverse())
            {
                match = PutCondition(program, argument, abi.Is32Bit(), match, next);
            }

            next = match;
        }

        return next;
    }

    /// <summary>Writes one comparison of an argument of 64 bits by its two words; on 32-bit ABIs the upper one is always 0.</summary>
    private static int PutCondition(FilterProgram program, SeccompArgument argument, bool is32Bit, int match, int fail)
    {
        switch (argument.Operator)
        {
            case SeccompOperator.NotEqual:
                return PutCondition(program, argument with { Operator = SeccompOperator.Equal }, is32Bit, fail, match);
            case SeccompOperator.LessThan:
                return PutCondition(program, argument with { Operator = SeccompOperator.GreaterOrEqual }, is32Bit, fail, match);
            case SeccompOperator.LessOrEqual:
                return PutCondition(program, argument with { Operator = SeccompOperator.GreaterThan }, is32Bit, fail, match);
        }

        bool masked = argument.Operator == SeccompOperator.MaskedEqual;
        ulong value = masked ? argument.ValueTwo : argument.Value;
        ulong mask = masked ? argument.Value : ulong.MaxValue;
        if (is32Bit)
        {
            // A negative number, written with 64 bits, means the same number of 32 bits.
            value = value >= 0xFFFFFFFF80000000 ? (uint)value : value;
            mask = (uint)mask;
        }

        int low = ArgumentsOffset + (argument.Index * sizeof(ulong));
        FilterProgram.Test test = argument.Operator switch
        {
            SeccompOperator.GreaterThan => FilterProgram.Test.Greater,
            SeccompOperator.GreaterOrEqual => FilterProgram.Test.GreaterOrEqual,
            _ => FilterProgram.Test.Equal,
        };

        uint lowMask = (uint)mask;
        uint highMask = (uint)(mask >> 32);
        uint highValue = (uint)(value >> 32);
        if (highMask == 0 && highValue != 0)
        {
            // The upper word is 0 here: never equal, never greater.
            return program.PutJump(fail);
        }

        int entry = program.PutBranch(test, (uint)value, match, fail);
        entry = lowMask == uint.MaxValue ? entry : program.PutAnd(lowMask);
        entry = program.PutLoad(low);
        if (highMask == 0)
        {
            return entry;
        }

        entry = program.PutBranch(FilterProgram.Test.Equal, highValue, entry, fail);
        if (test != FilterProgram.Test.Equal)
        {
            entry = program.PutBranch(FilterProgram.Test.Greater, highValue, match, entry);
        }

        entry = highMask == uint.MaxValue ? entry : program.PutAnd(highMask);
        return program.PutLoad(low + sizeof(uint));
    }

    /// <summary>The outcomes of all numbers, from 0 to the last, each with the first number it holds for.</summary>
    private static List<(uint Start, SeccompOutcome Outcome)> Ranges(SeccompProfile profile, List<SeccompRule> rules, SystemCallAbi abi)
    {
        SystemCallTable table = SystemCallTable.Of(abi);
        uint byDefault = Verdict(profile.DefaultAction, profile.DefaultData);
        Dictionary<uint, SeccompOutcome> ruled = Outcomes(rules, abi, byDefault);
        bool permissive = profile.DefaultAction is SeccompAction.Allow or SeccompAction.Log or SeccompAction.Trace;
        uint lastNamed = LastNamed(profile, table);

        var shared = new Dictionary<string, SeccompOutcome>(StringComparer.Ordinal);
        var ranges = new List<(uint Start, SeccompOutcome Outcome)>();
        foreach (uint number in Points(table, abi))
        {
            bool isX32 = abi == SystemCallAbi.X64 && (number >= X32Bit || number is >= FirstX32Number and <= LastX32Number);

            // A call newer than the profile is answered as an old kernel would, so that programs take their older way.
            bool isNews = !permissive && (!table.IsKnown(number) || (number < SystemCallTable.ArmPrivateBase && number > lastNamed));
            SeccompOutcome? outcome = isX32 ? null : ruled.GetValueOrDefault(number);
            outcome ??= new SeccompOutcome(isX32 || isNews ? NotImplemented : byDefault);

            string key = outcome.Key();
            if (!shared.TryAdd(key, outcome))
            {
                outcome = shared[key];
            }

            if (ranges.Count == 0 || ranges[^1].Outcome != outcome)
            {
                ranges.Add((number, outcome));
            }
        }

        return ranges;
    }

    /// <summary>Numbers at which the outcome may change, rising.</summary>
    private static IEnumerable<uint> Points(SystemCallTable table, SystemCallAbi abi)
    {
        uint last = Math.Max(LastX32Number, table.Numbers.Values.Where(n => n < SystemCallTable.ArmPrivateBase).Max());
        for (uint number = 0; number <= last + 1; number++)
        {
            yield return number;
        }

        if (abi == SystemCallAbi.Arm)
        {
            for (uint number = SystemCallTable.ArmPrivateBase; number <= ArmPrivateEnd; number++)
            {
                yield return number;
            }
        }

        if (abi == SystemCallAbi.X64)
        {
            yield return X32Bit;
        }
    }

    /// <summary>The newest call that the profile speaks of, in force or not; where it names none, the newest there is.</summary>
    private static uint LastNamed(SeccompProfile profile, SystemCallTable table)
    {
        uint? last = null;
        foreach (string name in profile.Rules.SelectMany(r => r.Names))
        {
            if (table.Numbers.TryGetValue(name, out uint number) && number < SystemCallTable.ArmPrivateBase && number >= (last ?? 0))
            {
                last = number;
            }
        }

        return last ?? uint.MaxValue;
    }

    private static Dictionary<uint, SeccompOutcome> Outcomes(List<SeccompRule> rules, SystemCallAbi abi, uint byDefault)
    {
        SystemCallTable table = SystemCallTable.Of(abi);
        var outcomes = new Dictionary<uint, SeccompOutcome>();
        HashSet<string> named = [.. rules.SelectMany(r => r.Names)];
        foreach (SeccompRule rule in rules)
        {
            uint verdict = Verdict(rule.Action, rule.Data);
            foreach (string name in rule.Names)
            {
                if (table.Numbers.TryGetValue(name, out uint number))
                {
                    Add(number, verdict, rule.Arguments);
                }

                // The other way to the same call follows the rule, unless the profile speaks of that way itself. Its arguments cannot
                // be seen there: what a condition would forbid is forbidden wholly, what one would allow is not allowed.
                if (abi == SystemCallAbi.I386 && MultiplexedCalls.TryFind(name, out string call, out SeccompArgument sub) && !named.Contains(call)
                    && (rule.Arguments.Count == 0 || SeccompOutcome.Strictness(verdict) < SeccompOutcome.Strictness(byDefault)))
                {
                    Add(table.Numbers[call], verdict, [sub]);
                }
            }
        }

        foreach (SeccompOutcome outcome in outcomes.Values)
        {
            outcome.Settle();
        }

        return outcomes;

        void Add(uint number, uint verdict, IReadOnlyList<SeccompArgument> arguments)
        {
            if (!outcomes.TryGetValue(number, out SeccompOutcome? outcome))
            {
                outcomes.Add(number, outcome = new SeccompOutcome(byDefault));
            }

            outcome.Add(verdict, arguments);
        }
    }

    private static uint Verdict(SeccompAction action, ushort data) =>
        action is SeccompAction.Errno or SeccompAction.Trace ? (uint)action | data : (uint)action;
}
