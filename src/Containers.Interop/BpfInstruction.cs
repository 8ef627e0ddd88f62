using System.Runtime.InteropServices;

namespace Containers.Interop;

/// <summary>One eBPF instruction as the kernel takes it (struct bpf_insn; RFC 9669).</summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
public readonly record struct BpfInstruction
{
    // In the kernel's order; properties of their own would put the compiler's fields behind this one.
    private readonly byte code;
    private readonly byte registers;
    private readonly short offset;
    private readonly int immediate;

    /// <summary>Makes an instruction.</summary>
    /// <param name="code">Class, operation and source, or class, size and mode.</param>
    /// <param name="destination">The destination register, 0 to 10.</param>
    /// <param name="source">The source register, 0 to 10.</param>
    /// <param name="offset">A jump's distance from the next instruction, or a load's displacement.</param>
    /// <param name="immediate">The constant operand.</param>
    public BpfInstruction(byte code, int destination, int source, short offset, int immediate)
    {
        this.code = code;
        // Two four-bit fields: on the little-endian machines .NET runs on the destination is the low one.
        registers = (byte)((destination & 0xf) | (source << 4));
        this.offset = offset;
        this.immediate = immediate;
    }

    /// <summary>Class, operation and source, or class, size and mode.</summary>
    public byte Code => code;

    /// <summary>A jump's distance from the next instruction, or a load's displacement.</summary>
    public short Offset => offset;

    /// <summary>The constant operand.</summary>
    public int Immediate => immediate;

    /// <summary>The destination register.</summary>
    public int Destination => registers & 0xf;

    /// <summary>The source register.</summary>
    public int Source => registers >> 4;
}
