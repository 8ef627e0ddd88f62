using System.Runtime.InteropServices;

namespace Containers.Interop;

/// <summary>A system call failed: what was attempted, on what, and the error number.</summary>
public sealed class KernelException : IOException
{
    /// <summary>Makes the exception for <paramref name="errno"/>.</summary>
    /// <param name="errno">The error number the kernel returned.</param>
    /// <param name="operation">What was attempted, as a gerund: <c>opening</c>.</param>
    /// <param name="subject">What it was attempted on: a path, a pid, a controller's file.</param>
    public KernelException(Errno errno, string operation, string subject)
        : base($"{operation} '{subject}': {Describe(errno)}")
    {
        Errno = errno;
        Operation = operation;
        Subject = subject;
    }

    /// <summary>The error number.</summary>
    public Errno Errno { get; }

    /// <summary>What was attempted, as a gerund.</summary>
    public string Operation { get; }

    /// <summary>What it was attempted on.</summary>
    public string Subject { get; }

    /// <summary>The error's symbol with its sentence: <c>ENOENT (No such file or directory)</c>.</summary>
    /// <param name="errno">The error number.</param>
    /// <returns>Text for a message.</returns>
    public static string Describe(Errno errno) => $"{errno} ({Marshal.GetPInvokeErrorMessage((int)errno)})";
}
