using System.Runtime.InteropServices;

namespace Containers.Engine.Tests.Storage;

/// <summary>Changes the user of the calling thread alone, as the kernel can but libc does not: for a thread of a test that ends afterwards.</summary>
internal static partial class ThreadIdentity
{
    public static void Become(uint id)
    {
        // setresuid's numbers: libc's own function would change all threads.
        nint number = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 117 : 147;
        Assert.Equal(0, syscall(number, (nint)id, (nint)id, (nint)id));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b, nint c);
}
