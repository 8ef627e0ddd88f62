using System.Globalization;
using System.Text.Unicode;

namespace Containers.Interop;

/// <summary>The path <c>/proc/self/fd/N</c>: names the very file a descriptor was opened on, whatever its name is now.</summary>
internal static unsafe class ProcPath
{
    internal const int Size = 32;

    /// <summary>Writes the path with its closing NUL into <see cref="Size"/> bytes.</summary>
    internal static void Write(byte* buffer, int descriptor)
    {
        var room = new Span<byte>(buffer, Size);
        _ = Utf8.TryWrite(room, CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}", out int length);
        room[length] = 0;
    }
}
