namespace Containers.Engine.Tests.Images.Archives;

/// <summary>A stream that is read once and in small pieces, as a pipe.</summary>
internal sealed class OneWayStream(byte[] bytes) : MemoryStream(bytes)
{
    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public bool IsAtEnd => base.Position == base.Length;

    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 4000)]);

    public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 4000));
}
