using System.Buffers;
using System.Text;

namespace Containers.Engine.Health;

/// <summary>The beginning of what a check's command writes.</summary>
internal sealed class HealthOutput
{
    /// <summary>Bytes kept.</summary>
    public const int Room = 4096;

    private readonly byte[] bytes = new byte[Room];
    private int length;
    private bool isCut;

    /// <summary>Adds what was written; what finds no room is dropped.</summary>
    /// <param name="written">The bytes.</param>
    public void Append(ReadOnlySpan<byte> written)
    {
        int taken = Math.Min(written.Length, Room - length);
        written[..taken].CopyTo(bytes.AsSpan(length));
        length += taken;
        isCut |= taken < written.Length;
    }

    /// <summary>What was kept, as text: not cut in the middle of a character.</summary>
    /// <returns>The text; bytes that are no UTF-8 are shown as U+FFFD.</returns>
    public override string ToString()
    {
        ReadOnlySpan<byte> kept = bytes.AsSpan(0, length);
        if (isCut && Rune.DecodeLastFromUtf8(kept, out _, out int partial) == OperationStatus.NeedMoreData)
        {
            kept = kept[..^partial];
        }

        return Encoding.UTF8.GetString(kept);
    }
}
