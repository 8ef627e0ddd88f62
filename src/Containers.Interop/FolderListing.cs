using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Containers.Interop;

/// <summary>Reads the entries of an open folder, names as bytes (getdents64(2)); <c>.</c> and <c>..</c> are left out.</summary>
/// <param name="folder">The folder, opened O_RDONLY; stays the caller's.</param>
/// <param name="subject">What an error's message names.</param>
public sealed unsafe partial class FolderListing(FileDescriptor folder, string subject)
{
    private const int RecordHeader = 19;
    private static readonly nint Getdents64 = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 217 : 61;
    private readonly byte[] buffer = new byte[32768];
    private int position;
    private int length;

    /// <summary>Goes on to the next entry.</summary>
    /// <param name="name">Its name, valid until the next call.</param>
    /// <param name="kind">Its type; <see cref="FileKind.Unknown"/> where the file system does not tell.</param>
    /// <returns>False at the end.</returns>
    /// <exception cref="KernelException">The folder cannot be read.</exception>
    public bool Next(out ReadOnlySpan<byte> name, out FileKind kind)
    {
        while (true)
        {
            if (position >= length && !Fill())
            {
                name = default;
                kind = default;
                return false;
            }

            ReadOnlySpan<byte> record = buffer.AsSpan(position, length - position);
            int size = BinaryPrimitives.ReadUInt16LittleEndian(record[16..]);
            kind = (FileKind)record[18];
            name = record[RecordHeader..size];
            name = name[..name.IndexOf((byte)0)];
            position += size;
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                return true;
            }
        }
    }

    /// <summary>Starts again at the first entry, seeing what changed meanwhile.</summary>
    public void Rewind()
    {
        _ = LibC.lseek(folder.Number, 0, LibC.SEEK_SET);
        position = length = 0;
    }

    private bool Fill()
    {
        fixed (byte* p = buffer)
        {
            nint count;
            do
            {
                count = syscall3(Getdents64, folder.Number, (nint)p, buffer.Length);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == (int)Errno.EINTR);

            var errno = count < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;

            // ENOENT: the folder itself was removed meanwhile.
            if (errno is not (Errno.None or Errno.ENOENT))
            {
                throw new KernelException(errno, "listing the folder", subject);
            }

            position = 0;
            length = Math.Max(0, (int)count);
            return length > 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall3(nint number, nint a, nint b, nint c);
}
