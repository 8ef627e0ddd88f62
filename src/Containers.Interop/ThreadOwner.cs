using System.Runtime.InteropServices;

namespace Containers.Interop;

/// <summary>
/// Whose the files are that the calling thread makes (setfsuid(2), setfsgid(2)), while its capabilities stay (SECBIT_NO_SETUID_FIXUP, capabilities(7)); to be disposed by the
/// same thread.
/// </summary>
public sealed partial class ThreadOwner : IDisposable
{
    private const int GetSecureBits = 27, SetSecureBits = 28, NoSetuidFixup = 4;
    private static readonly int Setfsuid = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 151 : 122;
    private static readonly int Setfsgid = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 152 : 123;

    private readonly int secureBits = prctl(GetSecureBits, 0, 0, 0, 0);
    private readonly uint uid, gid;

    /// <summary>Begins.</summary>
    /// <param name="uid">The user.</param>
    /// <param name="gid">The group.</param>
    /// <exception cref="KernelException">EPERM: this process may not.</exception>
    public ThreadOwner(uint uid, uint gid)
    {
        if (prctl(SetSecureBits, secureBits | NoSetuidFixup, 0, 0, 0) != 0)
        {
            throw new KernelException((Errno)Marshal.GetLastPInvokeError(), "making files as", uid.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        // The group first: both tell what was before, and no error.
        this.gid = (uint)syscall(Setfsgid, (nint)gid);
        this.uid = (uint)syscall(Setfsuid, (nint)uid);
    }

    /// <summary>Ends.</summary>
    public void Dispose()
    {
        _ = syscall(Setfsgid, (nint)gid);
        _ = syscall(Setfsuid, (nint)uid);
        _ = prctl(SetSecureBits, secureBits, 0, 0, 0);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint argument);
}
