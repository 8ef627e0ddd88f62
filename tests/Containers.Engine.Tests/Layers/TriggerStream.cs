namespace Containers.Engine.Tests.Layers;

/// <summary>Passes on what is written, and does something once when so many bytes have passed.</summary>
internal sealed class TriggerStream(Stream output, long after, Action action) : Stream
{
    private long written;
    private bool isDone;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => written;

    public override long Position
    {
        get => written;
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        output.Write(buffer, offset, count);
        written += count;
        if (written >= after && !isDone)
        {
            isDone = true;
            action();
        }
    }

    public override void Flush() => output.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
