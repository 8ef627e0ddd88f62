using System.Globalization;
using System.Text;

namespace Containers.Engine.Tests.Layers;

/// <summary>Writes archives header by header, such as no archiver would.</summary>
internal sealed class TarBuilder
{
    private readonly MemoryStream stream = new();

    public static byte[] Header(string name, char type = '0', long size = 0, string link = "", int mode = 0x1A4, string magic = "ustar\000", string? sizeField = null, uint major = 0, uint minor = 0, uint uid = 0)
    {
        byte[] block = new byte[512];
        Put(block, 0, 100, name);
        Put(block, 100, 8, Octal(mode, 7));
        Put(block, 108, 8, Octal(uid, 7));
        Put(block, 116, 8, Octal(0, 7));
        Put(block, 124, 12, sizeField ?? Octal(size, 11));
        Put(block, 136, 12, Octal(1_700_000_000, 11));
        block[156] = (byte)type;
        Put(block, 157, 100, link);
        Put(block, 257, 8, magic);
        Put(block, 329, 8, Octal(major, 7));
        Put(block, 337, 8, Octal(minor, 7));
        return Checksum(block);
    }

    public static byte[] Checksum(byte[] block)
    {
        Put(block, 148, 8, "        ");
        Put(block, 148, 8, Octal(block.Sum(b => (long)b), 6) + "\0 ");
        return block;
    }

    public static string Octal(long number, int digits) => Convert.ToString(number, 8).PadLeft(digits, '0');

    public TarBuilder Raw(params ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        return this;
    }

    public TarBuilder Content(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        stream.Write(new byte[-bytes.Length & 511]);
        return this;
    }

    public TarBuilder File(string name, string content = "", int mode = 0x1A4) =>
        Raw(Header(name, '0', Encoding.UTF8.GetByteCount(content), mode: mode)).Content(Encoding.UTF8.GetBytes(content));

    public TarBuilder Bytes(string name, byte[] content) => Raw(Header(name, '0', content.Length)).Content(content);

    public TarBuilder Folder(string name) => Raw(Header(name, '5', mode: 0x1ED));

    public TarBuilder Symlink(string name, string target) => Raw(Header(name, '2', link: target));

    public TarBuilder HardLink(string name, string target) => Raw(Header(name, '1', link: target));

    public TarBuilder Pax(params (string Key, string Value)[] records) => PaxBytes('x', records.Select(record => (record.Key, Encoding.UTF8.GetBytes(record.Value))).ToArray());

    public TarBuilder PaxBytes(char type, params (string Key, byte[] Value)[] records)
    {
        var body = new MemoryStream();
        foreach ((string key, byte[] value) in records)
        {
            byte[] keyBytes = Encoding.UTF8.GetBytes(key);
            int rest = keyBytes.Length + value.Length + 3;
            int length = rest + 1;
            while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length)
            {
                length = rest + length.ToString(CultureInfo.InvariantCulture).Length;
            }

            body.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{length} ")));
            body.Write(keyBytes);
            body.WriteByte((byte)'=');
            body.Write(value);
            body.WriteByte((byte)'\n');
        }

        return Raw(Header("pax", type, body.Length)).Content(body.ToArray());
    }

    public byte[] End()
    {
        stream.Write(new byte[1024]);
        return stream.ToArray();
    }

    public byte[] Cut() => stream.ToArray();

    private static void Put(byte[] block, int offset, int length, string text)
    {
        Array.Clear(block, offset, length);
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        bytes.AsSpan(0, Math.Min(length, bytes.Length)).CopyTo(block.AsSpan(offset));
    }
}
