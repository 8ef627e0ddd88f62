using Tmds.Linux;

namespace Containers.Interop;

/// <summary>An eventfd(2) by which one thread ends another's poll(2). Once set it stays readable.</summary>
public sealed unsafe class WakeUp : IDisposable
{
    private readonly FileDescriptor counter = new(Native.Check(LibC.eventfd(0, LibC.EFD_CLOEXEC), "making", "an event descriptor"));

    /// <summary>The descriptor to wait on.</summary>
    public int Number => counter.Number;

    /// <summary>Makes it readable.</summary>
    public void Set()
    {
        ulong one = 1;
        _ = LibC.write(counter.Number, &one, sizeof(ulong));
    }

    /// <summary>Makes it unreadable again, until it is set anew.</summary>
    public void Reset()
    {
        ulong count;
        _ = LibC.read(counter.Number, &count, sizeof(ulong));
    }

    /// <inheritdoc/>
    public void Dispose() => counter.Dispose();
}
