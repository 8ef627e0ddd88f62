using Containers.Interop;

namespace Containers.Engine.Cgroups;

/// <summary>
/// Writes a device policy as a program of type BPF_PROG_TYPE_CGROUP_DEVICE. It gets a struct bpf_cgroup_dev_ctx (access and kind, major, minor: 32 bits
/// each) in register 1 and leaves 1 in register 0 to allow, 0 to refuse with EPERM.
/// </summary>
internal static class DeviceProgram
{
    // Classes, sizes and operations of eBPF instructions (RFC 9669, sections 4 and 5).
    private const byte LoadWord = 0x61; // BPF_LDX | BPF_W | BPF_MEM
    private const byte MoveImmediate = 0xb7; // BPF_ALU64 | BPF_MOV | BPF_K
    private const byte MoveRegister = 0xbf; // BPF_ALU64 | BPF_MOV | BPF_X
    private const byte AndImmediate = 0x57; // BPF_ALU64 | BPF_AND | BPF_K
    private const byte ShiftRightImmediate = 0x77; // BPF_ALU64 | BPF_RSH | BPF_K
    private const byte JumpIfNotEqual = 0x55; // BPF_JMP | BPF_JNE | BPF_K
    private const byte Exit = 0x95; // BPF_JMP | BPF_EXIT

    private const int Verdict = 0, Context = 1, Kind = 2, Access = 3, Major = 4, Minor = 5, Rest = 6;

    /// <summary>The program that allows what the policy's rules allow and refuses the rest.</summary>
    /// <param name="policy">A policy.</param>
    /// <returns>The instructions.</returns>
    public static BpfInstruction[] Compile(DevicePolicy policy)
    {
        var program = new List<BpfInstruction>(8 + (policy.Rules.Count * 9))
        {
            new(LoadWord, Access, Context, 0, 0),
            new(MoveRegister, Kind, Access, 0, 0),
            new(AndImmediate, Kind, 0, 0, 0xffff),
            new(ShiftRightImmediate, Access, 0, 0, 16),
            new(LoadWord, Major, Context, 4, 0),
            new(LoadWord, Minor, Context, 8, 0),
        };
        foreach (DeviceRule rule in policy.Rules)
        {
            Append(program, rule);
        }

        program.Add(new(MoveImmediate, Verdict, 0, 0, policy.IsAllowAll ? 1 : 0));
        program.Add(new(Exit, 0, 0, 0, 0));
        return [.. program];
    }

    private static void Append(List<BpfInstruction> program, DeviceRule rule)
    {
        var steps = new List<BpfInstruction>(9) { new(JumpIfNotEqual, Kind, 0, 0, (int)rule.Kind) };
        if (rule.Access != DeviceAccess.All)
        {
            // An access may ask for several things at once; all of them must be allowed.
            steps.Add(new(MoveRegister, Rest, Access, 0, 0));
            steps.Add(new(AndImmediate, Rest, 0, 0, ~(int)rule.Access));
            steps.Add(new(JumpIfNotEqual, Rest, 0, 0, 0));
        }

        AppendComparison(steps, Major, rule.Major);
        AppendComparison(steps, Minor, rule.Minor);
        steps.Add(new(MoveImmediate, Verdict, 0, 0, 1));
        steps.Add(new(Exit, 0, 0, 0, 0));

        // Every jump goes to the next rule, that is, behind the last step.
        for (int i = 0; i < steps.Count; i++)
        {
            BpfInstruction step = steps[i];
            program.Add(step.Code == JumpIfNotEqual
                ? new(step.Code, step.Destination, step.Source, (short)(steps.Count - i - 1), step.Immediate)
                : step);
        }
    }

    private static void AppendComparison(List<BpfInstruction> steps, int register, uint? number)
    {
        // The constant of a comparison is sign-extended to 64 bits; numbers of devices have at most 12 and 20 bits.
        if (number is { } value)
        {
            steps.Add(new(JumpIfNotEqual, register, 0, 0, checked((int)value)));
        }
    }
}
