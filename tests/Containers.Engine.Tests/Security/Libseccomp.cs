using System.Runtime.InteropServices;
using Containers.Engine.Security;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Tests.Security;

/// <summary>libseccomp as an oracle: the same rules, given to it, and the filter it makes of them.</summary>
internal static partial class Libseccomp
{
    private const string Library = "libseccomp.so.2";
    private const int Unknown = -1;

    internal static bool IsThere { get; } = NativeLibrary.TryLoad(Library, out _);

    internal static void SkipIfMissing() => Assert.SkipUnless(IsThere, "libseccomp.so.2 is not installed");

    /// <summary>A call's number in an ABI; null where libseccomp knows none, negative where it is only reached through another call.</summary>
    internal static int? Number(SystemCallAbi abi, string name)
    {
        int number = seccomp_syscall_resolve_name_arch(abi.AuditArchitecture(), name);
        return number == Unknown ? null : number;
    }

    /// <summary>Compiles rules.</summary>
    /// <returns>The filter, or null where libseccomp does not take these rules together.</returns>
    internal static byte[]? Compile(
        uint byDefault, IReadOnlyList<SystemCallAbi> abis, IEnumerable<(string Name, uint Verdict, IReadOnlyList<SeccompArgument> Arguments)> rules)
    {
        nint context = seccomp_init(byDefault);
        Assert.NotEqual(0, context);
        try
        {
            uint native = seccomp_arch_native();
            foreach (SystemCallAbi abi in abis.Where(a => a.AuditArchitecture() != native))
            {
                Assert.Equal(0, seccomp_arch_add(context, abi.AuditArchitecture()));
            }

            if (!abis.Any(a => a.AuditArchitecture() == native))
            {
                Assert.Equal(0, seccomp_arch_remove(context, native));
            }

            foreach ((string name, uint verdict, IReadOnlyList<SeccompArgument> arguments) in rules)
            {
                Comparison[] comparisons = [.. arguments.Select(a => new Comparison
                {
                    Argument = (uint)a.Index,
                    Operator = (int)a.Operator + 1,
                    A = a.Value,
                    B = a.ValueTwo,
                })];
                if (seccomp_rule_add_array(context, verdict, seccomp_syscall_resolve_name(name), (uint)comparisons.Length, comparisons) != 0)
                {
                    return null;
                }
            }

            string path = Path.GetTempFileName();
            try
            {
                using (SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Write))
                {
                    Assert.Equal(0, seccomp_export_bpf(context, (int)file.DangerousGetHandle()));
                }

                return File.ReadAllBytes(path);
            }
            finally
            {
                File.Delete(path);
            }
        }
        finally
        {
            seccomp_release(context);
        }
    }

    [LibraryImport(Library)]
    private static partial nint seccomp_init(uint action);

    [LibraryImport(Library)]
    private static partial void seccomp_release(nint context);

    [LibraryImport(Library)]
    private static partial uint seccomp_arch_native();

    [LibraryImport(Library)]
    private static partial int seccomp_arch_add(nint context, uint arch);

    [LibraryImport(Library)]
    private static partial int seccomp_arch_remove(nint context, uint arch);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int seccomp_syscall_resolve_name(string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int seccomp_syscall_resolve_name_arch(uint arch, string name);

    [LibraryImport(Library)]
    private static partial int seccomp_rule_add_array(nint context, uint action, int number, uint count, Comparison[] comparisons);

    [LibraryImport(Library)]
    private static partial int seccomp_export_bpf(nint context, int file);

    [StructLayout(LayoutKind.Sequential)]
    private struct Comparison
    {
        public uint Argument;
        public int Operator;
        public ulong A;
        public ulong B;
    }
}
