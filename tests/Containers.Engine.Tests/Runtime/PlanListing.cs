using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Containers.Engine.Runtime.Launch;
using Containers.Init.Plan;

namespace Containers.Engine.Tests.Runtime;

/// <summary>A compiled plan, read back from its bytes as the helper reads them.</summary>
internal sealed class PlanListing
{
    private readonly byte[] bytes;

    public PlanListing(LaunchPlan plan)
    {
        bytes = plan.Bytes;
        Texts = [.. plan.Texts.Select(text => text.ToString())];
        Header = MemoryMarshal.Read<PlanHeader>(bytes);
        Steps = MemoryMarshal.Cast<byte, PlanStep>(bytes.AsSpan((int)Header.StepsOffset, (int)Header.StepCount * Marshal.SizeOf<PlanStep>())).ToArray();
        Relocations = MemoryMarshal.Cast<byte, uint>(bytes.AsSpan((int)Header.RelocationsOffset, (int)Header.RelocationCount * sizeof(uint))).ToArray();
    }

    public PlanHeader Header { get; }

    public PlanStep[] Steps { get; }

    public uint[] Relocations { get; }

    public IReadOnlyList<string> Texts { get; }

    public static long[] Arguments(PlanStep step) => [step.A, step.B, step.C, step.D, step.E, step.F];

    public long Number(long offset) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan((int)offset));

    public string String(long offset) => Encoding.UTF8.GetString(bytes.AsSpan((int)offset, bytes.AsSpan((int)offset).IndexOf((byte)0)));

    public IEnumerable<string> Strings(long offset)
    {
        for (; Number(offset) != 0; offset += sizeof(long))
        {
            yield return String(Number(offset));
        }
    }

    public int[] Calls(int number) => [.. Enumerable.Range(0, Steps.Length).Where(i => Steps[i].Operation == PlanOperation.SystemCall && Steps[i].SystemCall == number)];

    public int[] Operations(byte operation) => [.. Enumerable.Range(0, Steps.Length).Where(i => Steps[i].Operation == operation)];

    public int[] Texted(string beginning) => [.. Enumerable.Range(0, Steps.Length).Where(i => Texts[i].StartsWith(beginning, StringComparison.Ordinal))];
}
