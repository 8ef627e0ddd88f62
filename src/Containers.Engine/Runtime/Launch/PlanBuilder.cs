using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Containers.Init.Plan;

namespace Containers.Engine.Runtime.Launch;

/// <summary>Writes a launch plan: data, tables and steps of one block of memory (see PlanFormat.cs).</summary>
internal sealed class PlanBuilder
{
    private readonly List<PlanStep> steps = new(96);
    private readonly List<StepText> texts = new(96);
    private readonly List<uint> relocations = [];
    private readonly SortedDictionary<int, bool> descriptors = [];
    private byte[] buffer = new byte[16384];
    private int length;
    private int nextRegister = PlanRegister.First;
    private int? emptyString;

    public PlanBuilder() => length = Marshal.SizeOf<PlanHeader>();

    /// <summary>The sentence of each step, in order.</summary>
    public IReadOnlyList<StepText> Texts => texts;

    /// <summary>The descriptors that the helper inherits.</summary>
    public int[] Descriptors => [.. descriptors.Keys];

    /// <summary>Adds bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="align">The alignment of their first one.</param>
    /// <returns>Their offset.</returns>
    public int AddBytes(ReadOnlySpan<byte> bytes, int align = 8)
    {
        int offset = Reserve(bytes.Length, align);
        bytes.CopyTo(buffer.AsSpan(offset));
        return offset;
    }

    /// <summary>Adds a C string.</summary>
    /// <param name="text">The text, without NUL.</param>
    /// <returns>Its offset.</returns>
    public int AddString(string text)
    {
        if (text.Length == 0 && emptyString is int known)
        {
            return known;
        }

        int size = Encoding.UTF8.GetByteCount(text);
        int offset = Reserve(size + 1, 1);
        Encoding.UTF8.GetBytes(text, buffer.AsSpan(offset));
        if (text.Length == 0)
        {
            emptyString = offset;
        }

        return offset;
    }

    /// <summary>Adds a structure of 64-bit numbers, some of which are offsets that become addresses.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="pointers">Bit n set: value n is an offset.</param>
    /// <returns>Its offset.</returns>
    public int AddStruct(ReadOnlySpan<long> values, uint pointers = 0)
    {
        int offset = Reserve(values.Length * sizeof(long), 8);
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(offset + (i * sizeof(long))), values[i]);
            if ((pointers >> i & 1) != 0)
            {
                relocations.Add((uint)(offset + (i * sizeof(long))));
            }
        }

        return offset;
    }

    /// <summary>Adds an array of pointers to strings, closed by a null pointer: argv or envp.</summary>
    /// <param name="strings">Their offsets.</param>
    /// <returns>The array's offset.</returns>
    public int AddPointers(IReadOnlyList<int> strings)
    {
        int offset = Reserve((strings.Count + 1) * sizeof(long), 8);
        for (int i = 0; i < strings.Count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(offset + (i * sizeof(long))), strings[i]);
            relocations.Add((uint)(offset + (i * sizeof(long))));
        }

        return offset;
    }

    /// <summary>Adds strings and the array of pointers to them.</summary>
    /// <param name="strings">The strings.</param>
    /// <returns>The array's offset.</returns>
    public int AddStrings(IReadOnlyList<string> strings)
    {
        var offsets = new int[strings.Count];
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = AddString(strings[i]);
        }

        return AddPointers(offsets);
    }

    /// <summary>Lets the helper inherit a descriptor.</summary>
    /// <param name="descriptor">Its number, 3 or above.</param>
    /// <param name="isMonitors">Whether the monitor keeps it after the clone.</param>
    /// <returns>Its number.</returns>
    public int Inherit(int descriptor, bool isMonitors)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(descriptor, 3);
        descriptors[descriptor] = isMonitors || (descriptors.TryGetValue(descriptor, out bool known) && known);
        return descriptor;
    }

    /// <summary>A register nobody uses yet.</summary>
    /// <returns>Its number.</returns>
    public PlanArgument NewRegister()
    {
        // Two in one register would mount one thing in the other's place.
        return nextRegister < PlanRegister.Count
            ? PlanArgument.Register(nextRegister++)
            : throw new EngineException(EngineErrorReason.Internal, "launch plan", $"The launch plan needs more than {PlanRegister.Count} registers.");
    }

    /// <summary>Adds steps whose registers nobody needs after them.</summary>
    /// <param name="add">Adds the steps.</param>
    public void WithOwnRegisters(Action add)
    {
        int first = nextRegister;
        add();
        nextRegister = first;
    }

    /// <summary>Adds a step that is a system call.</summary>
    /// <param name="text">What it does, for the sentence when it fails.</param>
    /// <param name="number">The system call.</param>
    /// <param name="arguments">Up to six.</param>
    /// <returns>The step, for its options.</returns>
    public PlanStepOptions Call(StepText text, int number, params ReadOnlySpan<PlanArgument> arguments) =>
        Add(text, PlanOperation.SystemCall, number, arguments);

    /// <summary>Adds a compound step.</summary>
    /// <param name="text">What it does, for the sentence when it fails.</param>
    /// <param name="operation">One of <see cref="PlanOperation"/>.</param>
    /// <param name="arguments">Up to six.</param>
    /// <returns>The step, for its options.</returns>
    public PlanStepOptions Do(StepText text, byte operation, params ReadOnlySpan<PlanArgument> arguments) =>
        Add(text, operation, 0, arguments);

    /// <summary>A header in which nothing is asked for.</summary>
    /// <param name="session">The monitor's end of the session's socket.</param>
    /// <returns>The header.</returns>
    public static PlanHeader NewHeader(int session) => new()
    {
        Session = session,
        JoinedProcess = -1,
        IntoCgroup = -1,
        MonitorIntoCgroup = -1,
        StandardInput = -1,
        AttachedOutput = -1,
        AttachedError = -1,
        AttachSocket = -1,
        KeptInput = -1,
        RecordsFolder = -1,
        SpareRecordsFolder = -1,
        LogFolder = -1,
        StartLock = -1,
        OomCounter = -1,
        CgroupKiller = -1,
        HandOverProgram = -1,
        EventsFolder = -1,
    };

    /// <summary>Closes the plan.</summary>
    /// <param name="header">Filled but for the tables that the builder knows.</param>
    /// <returns>The plan's bytes.</returns>
    public ReadOnlySpan<byte> Build(PlanHeader header)
    {
        header.Magic = PlanHeader.ExpectedMagic;
        header.KeepCount = (uint)descriptors.Count;
        header.KeepOffset = (uint)Reserve(descriptors.Count * Marshal.SizeOf<PlanDescriptor>(), 8);
        int at = (int)header.KeepOffset;
        foreach ((int descriptor, bool isMonitors) in descriptors)
        {
            var entry = new PlanDescriptor { Descriptor = descriptor, IsMonitors = isMonitors ? 1 : 0 };
            MemoryMarshal.Write(buffer.AsSpan(at), in entry);
            at += Marshal.SizeOf<PlanDescriptor>();
        }

        header.RelocationCount = (uint)relocations.Count;
        header.RelocationsOffset = (uint)AddBytes(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(relocations)));
        header.StepCount = (uint)steps.Count;
        header.StepsOffset = (uint)AddBytes(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(steps)));
        header.Length = (uint)length;
        MemoryMarshal.Write(buffer, in header);
        return buffer.AsSpan(0, length);
    }

    internal Span<PlanStep> LastStep => CollectionsMarshal.AsSpan(steps)[^1..];

    private PlanStepOptions Add(StepText text, byte operation, int number, ReadOnlySpan<PlanArgument> arguments)
    {
        var step = new PlanStep { Operation = operation, SystemCall = number, Result = PlanRegister.None };
        Span<long> values = stackalloc long[6];
        values.Clear();
        for (int i = 0; i < arguments.Length; i++)
        {
            values[i] = arguments[i].Value;
            step.OffsetArguments |= (byte)(arguments[i].Kind == PlanArgumentKind.Offset ? 1 << i : 0);
            step.RegisterArguments |= (byte)(arguments[i].Kind == PlanArgumentKind.Register ? 1 << i : 0);
        }

        (step.A, step.B, step.C, step.D, step.E, step.F) = (values[0], values[1], values[2], values[3], values[4], values[5]);
        steps.Add(step);
        texts.Add(text);
        return new PlanStepOptions(this);
    }

    private int Reserve(int count, int align)
    {
        int offset = (length + align - 1) / align * align;
        length = offset + count;
        while (length > buffer.Length)
        {
            Array.Resize(ref buffer, buffer.Length * 2);
        }

        return offset;
    }
}

/// <summary>What a step does, for the sentence when it fails: <c>mounting 'proc' at '/proc'</c>.</summary>
/// <param name="Action">A gerund, with what else the sentence needs.</param>
/// <param name="Subject">What it is done to.</param>
internal readonly record struct StepText(string Action, string Subject = "")
{
    public override string ToString() => Subject.Length == 0 ? Action : $"{Action} '{Subject}'";
}

/// <summary>How a step's argument is meant.</summary>
internal enum PlanArgumentKind
{
    /// <summary>A number.</summary>
    Value,

    /// <summary>An offset in the plan.</summary>
    Offset,

    /// <summary>A register's content.</summary>
    Register,
}

/// <summary>An argument of a step.</summary>
/// <param name="Value">The number, offset or register.</param>
/// <param name="Kind">Which of them.</param>
internal readonly record struct PlanArgument(long Value, PlanArgumentKind Kind = PlanArgumentKind.Value)
{
    public static implicit operator PlanArgument(long value) => new(value);

    public static implicit operator PlanArgument(int value) => new(value);

    public static PlanArgument Offset(int offset) => new(offset, PlanArgumentKind.Offset);

    public static PlanArgument Register(int register) => new(register, PlanArgumentKind.Register);
}

/// <summary>Options of the step added last.</summary>
/// <param name="builder">Its builder.</param>
internal readonly struct PlanStepOptions(PlanBuilder builder)
{
    /// <summary>Keeps the result.</summary>
    /// <param name="register">Where.</param>
    /// <returns>This.</returns>
    public PlanStepOptions Into(PlanArgument register)
    {
        builder.LastStep[0].Result = (byte)register.Value;
        return this;
    }

    /// <summary>Takes an error for no failure.</summary>
    /// <param name="errno">The error.</param>
    /// <param name="other">A second one.</param>
    /// <param name="skip">How many following steps are then left out.</param>
    /// <returns>This.</returns>
    public PlanStepOptions Allow(Interop.Errno errno, Interop.Errno other = Interop.Errno.None, int skip = 0)
    {
        ref PlanStep step = ref builder.LastStep[0];
        (step.AllowedError, step.AllowedError2, step.SkipAfterAllowedError) = ((byte)errno, (byte)other, (byte)skip);
        return this;
    }
}
