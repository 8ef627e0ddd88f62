using System.Buffers.Binary;

namespace Containers.Engine.Tests.Security;

/// <summary>Runs a seccomp filter as the kernel would, and refuses what the kernel would refuse to load.</summary>
internal sealed class FilterInterpreter
{
    private const ushort LoadWord = 0x20, And = 0x54, Jump = 0x05, JumpEqual = 0x15, JumpGreater = 0x25, JumpGreaterOrEqual = 0x35,
        JumpSet = 0x45, Return = 0x06;

    private readonly (ushort Code, byte True, byte False, uint K)[] _program;

    internal FilterInterpreter(byte[] bytes)
    {
        Assert.Equal(0, bytes.Length % 8);
        _program = new (ushort, byte, byte, uint)[bytes.Length / 8];
        for (int i = 0; i < _program.Length; i++)
        {
            ReadOnlySpan<byte> b = bytes.AsSpan(i * 8);
            _program[i] = (BinaryPrimitives.ReadUInt16LittleEndian(b), b[2], b[3], BinaryPrimitives.ReadUInt32LittleEndian(b[4..]));
        }

        Verify();
    }

    internal int Length => _program.Length;

    /// <summary>Instructions that no run comes by.</summary>
    internal int Unreachable { get; private set; }

    /// <summary>Instructions that the last run passed.</summary>
    internal int Steps { get; private set; }

    internal uint Run(uint architecture, uint number, params ReadOnlySpan<ulong> arguments)
    {
        Span<byte> data = stackalloc byte[64];
        data.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(data, number);
        BinaryPrimitives.WriteUInt32LittleEndian(data[4..], architecture);
        for (int i = 0; i < arguments.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(data[(16 + (i * 8))..], arguments[i]);
        }

        uint a = 0;
        Steps = 0;
        for (int at = 0; ; at++)
        {
            Steps++;
            (ushort code, byte whenTrue, byte whenFalse, uint k) = _program[at];
            switch (code)
            {
                case LoadWord: a = BinaryPrimitives.ReadUInt32LittleEndian(data[(int)k..]); break;
                case And: a &= k; break;
                case Jump: at += (int)k; break;
                case JumpEqual: at += a == k ? whenTrue : whenFalse; break;
                case JumpGreater: at += a > k ? whenTrue : whenFalse; break;
                case JumpGreaterOrEqual: at += a >= k ? whenTrue : whenFalse; break;
                case JumpSet: at += (a & k) != 0 ? whenTrue : whenFalse; break;
                default: return k;
            }
        }
    }

    /// <summary>What bpf_check_classic and seccomp_check_filter of the kernel check.</summary>
    private void Verify()
    {
        Assert.InRange(_program.Length, 1, 4096);
        bool[] reached = new bool[_program.Length];
        reached[0] = true;
        for (int i = 0; i < _program.Length; i++)
        {
            (ushort code, byte whenTrue, byte whenFalse, uint k) = _program[i];
            Unreachable += reached[i] ? 0 : 1;
            switch (code)
            {
                case LoadWord:
                    Assert.True(k % 4 == 0 && k < 64, $"instruction {i} loads offset {k}");
                    Reach(i + 1);
                    break;
                case And:
                    Reach(i + 1);
                    break;
                case Jump:
                    Assert.True(k < _program.Length, $"instruction {i} jumps out of the program");
                    Reach(i + 1 + (int)k);
                    break;
                case JumpEqual or JumpGreater or JumpGreaterOrEqual or JumpSet:
                    Reach(i + 1 + whenTrue);
                    Reach(i + 1 + whenFalse);
                    break;
                case Return:
                    break;
                default:
                    Assert.Fail($"instruction {i} has the code 0x{code:x}, which seccomp does not take");
                    break;
            }
        }

        Assert.Equal(Return, _program[^1].Code);

        void Reach(int target)
        {
            Assert.True(target < _program.Length, $"a jump leads to {target}, behind the end");
            reached[target] = true;
        }
    }
}
