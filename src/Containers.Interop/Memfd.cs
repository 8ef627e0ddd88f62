using Tmds.Linux;

namespace Containers.Interop;

/// <summary>Files in memory without a name (memfd_create(2)).</summary>
public static unsafe class Memfd
{
    private const int AddSeals = 1033;
    private const int SealSeal = 1, SealShrink = 2, SealGrow = 4, SealWrite = 8;
    private const uint CloseOnExec = 1, AllowSealing = 2, Executable = 0x10;

    /// <summary>Makes a file and writes its content.</summary>
    /// <param name="name">What /proc shows.</param>
    /// <param name="content">The bytes.</param>
    /// <returns>The descriptor; its position is at the end.</returns>
    /// <exception cref="KernelException">No memory, or no descriptor.</exception>
    public static FileDescriptor Create(string name, ReadOnlySpan<byte> content) => Create(name, content, CloseOnExec);

    /// <summary>Makes an executable file that nobody can change any more, not even through a descriptor kept open (F_ADD_SEALS).</summary>
    /// <param name="name">What /proc shows.</param>
    /// <param name="content">The bytes.</param>
    /// <returns>The descriptor.</returns>
    /// <exception cref="KernelException">No memory, or no descriptor.</exception>
    public static FileDescriptor CreateSealedExecutable(string name, ReadOnlySpan<byte> content)
    {
        FileDescriptor file;
        try
        {
            // Since Linux 6.3 an executable memfd is asked for by name; before, the flag is unknown and every one is.
            file = Create(name, content, CloseOnExec | AllowSealing | Executable);
        }
        catch (KernelException e) when (e.Errno == Errno.EINVAL)
        {
            file = Create(name, content, CloseOnExec | AllowSealing);
        }

        if (LibC.fcntl(file.Number, AddSeals, SealSeal | SealShrink | SealGrow | SealWrite) < 0)
        {
            KernelException error = Native.LastError("sealing", name);
            file.Dispose();
            throw error;
        }

        return file;
    }

    private static FileDescriptor Create(string name, ReadOnlySpan<byte> content, uint flags)
    {
        fixed (byte* p = Native.Utf8Z(name))
        {
            int fd = Native.Check(LibC.memfd_create(p, flags), "making the memory file", name);
            var file = new FileDescriptor(fd);
            try
            {
                Files.Write(file, content, name);
                return file;
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
    }
}
