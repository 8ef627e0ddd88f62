using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;

namespace Containers.Interop;

/// <summary>What every call group here needs: errno, and strings as the kernel takes them.</summary>
internal static class Native
{
    internal static Errno Errno => (Errno)LibC.errno;

    internal static KernelException LastError(string operation, string subject) => new(Errno, operation, subject);

    /// <summary>Throws unless <paramref name="result"/> is non-negative.</summary>
    internal static int Check(int result, string operation, string subject) =>
        result >= 0 ? result : throw LastError(operation, subject);

    /// <summary>UTF-8 with a closing NUL; refuses an embedded one, which would cut the name short.</summary>
    internal static byte[] Utf8Z(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new KernelException(Errno.EINVAL, "using a name with a NUL character", text.Replace("\0", "\\0", StringComparison.Ordinal));
        }

        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
