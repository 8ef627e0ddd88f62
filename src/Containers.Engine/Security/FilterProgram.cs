using System.Buffers.Binary;

namespace Containers.Engine.Security;

/// <summary>
/// A classic BPF program, written from its end to its start: jumps go only forward, so that every target is there before the
/// jump to it, and its distance known. A place in the program is counted from the end.
/// </summary>
internal sealed class FilterProgram
{
    /// <summary>BPF_MAXINSNS: the kernel takes no longer program.</summary>
    internal const int MaximumLength = 4096;

    /// <summary>sizeof(struct sock_filter): u16 code, u8 jt, u8 jf, u32 k.</summary>
    internal const int InstructionSize = 8;

    private const ushort LoadWord = 0x20;
    private const ushort And = 0x54;
    private const ushort Jump = 0x05;
    private const ushort Return = 0x06;
    private const int LongestBranch = byte.MaxValue;

    private readonly List<Instruction> _reversed = [];
    private readonly Dictionary<uint, int> _returns = [];

    /// <summary>Tests of the accumulator against a constant.</summary>
    internal enum Test : ushort
    {
        /// <summary>BPF_JEQ.</summary>
        Equal = 0x15,

        /// <summary>BPF_JGT, unsigned.</summary>
        Greater = 0x25,

        /// <summary>BPF_JGE, unsigned.</summary>
        GreaterOrEqual = 0x35,
    }

    /// <summary>Puts in front: end with a verdict. One near enough is used again.</summary>
    /// <param name="verdict">SECCOMP_RET_* with its data.</param>
    /// <returns>The instruction's place.</returns>
    internal int PutReturn(uint verdict)
    {
        // Half of a branch's reach: the jump to it is still to be written, behind what comes in between.
        if (_returns.TryGetValue(verdict, out int place) && _reversed.Count - place <= LongestBranch / 2)
        {
            return place;
        }

        return _returns[verdict] = Put(new Instruction(Return, 0, 0, verdict));
    }

    /// <summary>Puts in front: load a word of seccomp_data, then go on with what was put last.</summary>
    /// <param name="offset">Its offset in bytes.</param>
    /// <returns>The instruction's place.</returns>
    internal int PutLoad(int offset) => Put(new Instruction(LoadWord, 0, 0, (uint)offset));

    /// <summary>Puts in front: mask the accumulator, then go on with what was put last.</summary>
    /// <param name="mask">The mask.</param>
    /// <returns>The instruction's place.</returns>
    internal int PutAnd(uint mask) => Put(new Instruction(And, 0, 0, mask));

    /// <summary>Puts in front: go to a place; nothing, where that place is what was put last.</summary>
    /// <param name="target">The place.</param>
    /// <returns>A place that leads to <paramref name="target"/> and is the last one put.</returns>
    internal int PutJump(int target) =>
        target == _reversed.Count - 1 ? target : Put(_reversed[target].Code == Return ? _reversed[target] : LongJump(target));

    /// <summary>Puts in front: a test with two ways on.</summary>
    /// <param name="test">The test.</param>
    /// <param name="value">What the accumulator is compared with.</param>
    /// <param name="whenTrue">Where to go if it holds.</param>
    /// <param name="whenFalse">Where to go if not.</param>
    /// <returns>The instruction's place, or that of the common target.</returns>
    internal int PutBranch(Test test, uint value, int whenTrue, int whenFalse)
    {
        if (whenTrue == whenFalse)
        {
            return PutJump(whenTrue);
        }

        // A branch reaches 255 instructions. What is farther gets an instruction of its own right behind the branch,
        // which may in turn put the other target out of reach.
        bool trueIsNear = false;
        bool falseIsNear = false;
        while (!trueIsNear || !falseIsNear)
        {
            trueIsNear = Distance(whenTrue) <= LongestBranch;
            if (!trueIsNear)
            {
                whenTrue = PutJump(whenTrue);
            }

            falseIsNear = Distance(whenFalse) <= LongestBranch;
            if (!falseIsNear)
            {
                whenFalse = PutJump(whenFalse);
            }
        }

        return Put(new Instruction((ushort)test, (byte)Distance(whenTrue), (byte)Distance(whenFalse), value));
    }

    /// <summary>The program as an array of struct sock_filter in this machine's (little-endian) byte order.</summary>
    /// <returns>The bytes.</returns>
    /// <exception cref="EngineException">It is longer than the kernel takes.</exception>
    internal byte[] ToBytes()
    {
        if (_reversed.Count > MaximumLength)
        {
            throw new EngineException(
                EngineErrorReason.LimitExceeded,
                "seccomp profile",
                $"The seccomp profile compiles to {_reversed.Count} instructions; the kernel takes {MaximumLength}. Use fewer rules or argument conditions.");
        }

        byte[] bytes = new byte[_reversed.Count * InstructionSize];
        Span<byte> rest = bytes;
        for (int i = _reversed.Count - 1; i >= 0; i--)
        {
            Instruction instruction = _reversed[i];
            BinaryPrimitives.WriteUInt16LittleEndian(rest, instruction.Code);
            rest[2] = instruction.JumpTrue;
            rest[3] = instruction.JumpFalse;
            BinaryPrimitives.WriteUInt32LittleEndian(rest[4..], instruction.K);
            rest = rest[InstructionSize..];
        }

        return bytes;
    }

    private int Put(Instruction instruction)
    {
        _reversed.Add(instruction);
        return _reversed.Count - 1;
    }

    /// <summary>Instructions that the next one put would have to pass to get to a place.</summary>
    private int Distance(int target) => _reversed.Count - target - 1;

    private Instruction LongJump(int target) => new(Jump, 0, 0, (uint)Distance(target));

    private readonly record struct Instruction(ushort Code, byte JumpTrue, byte JumpFalse, uint K);
}
