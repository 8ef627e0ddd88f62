using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Containers.Engine.Security;

namespace Containers.Engine.Tests.Security;

/// <summary>The filters at work: loaded into the kernel, and attacked.</summary>
public sealed class SeccompKernelTests(SeccompProbe probe) : IClassFixture<SeccompProbe>
{
    private const int CLONE_NEWUTS = 0x04000000;
    private const int AF_VSOCK = 40;
    private const uint Unshare64 = 272, Unshare32 = 310, Socket64 = 41, Socketcall = 102;

    private static readonly Version Kernel = SeccompFilter.ParseKernelRelease(File.ReadAllText("/proc/sys/kernel/osrelease"));
    private static readonly byte[] Default = SeccompFilter.For(null, CapabilitySet.Default, privileged: false)!;

    [Theory]
    [InlineData("native", false)]
    [InlineData("int80", false)]
    [InlineData("native", true)]
    public void The_kernel_refuses_every_call_that_the_interpreter_says_it_refuses(string entry, bool is32Bit)
    {
        OnlyX64();
        uint arch = entry == "int80" || is32Bit ? SeccompCompilerTests.I386 : SeccompCompilerTests.X64;
        var interpreter = new FilterInterpreter(Default);
        var refused = Enumerable.Range(0, 600).Select(n => (Number: (uint)n, Verdict: interpreter.Run(arch, (uint)n)))
            .Where(v => (v.Verdict & 0xFFFF0000) == (uint)SeccompAction.Errno)

            // uprobe(2), seen on Linux 6.18: the kernel lets it pass every filter, as uretprobe(2) since 6.14; only its own trampolines can use them.
            .Where(v => arch != SeccompCompilerTests.X64 || v.Number != 336).ToList();
        string[] answers = probe.Run(Default, is32Bit, refused.Select(v => $"{entry}:{v.Number}"));
        Assert.InRange(refused.Count, 100, 500);
        Assert.Equal(refused.Select(v => $"{v.Number}: -1 {v.Verdict & 0xFFFF}"), refused.Zip(answers, (v, a) => $"{v.Number}: {a}"));
    }

    [Fact]
    public void What_a_container_needs_works_under_the_default_filter()
    {
        OnlyX64();
        string[] native = probe.Run(Default, is32Bit: false, "native:39", "native:63", "native:41:2:1:0", "native:135:0xffffffff", "native:56:0");
        Assert.NotEqual("-1", native[0].Split(' ')[0]);
        Assert.Equal("-1 14", native[1]);
        Assert.EndsWith(" 0", native[2], StringComparison.Ordinal);
        Assert.EndsWith(" 0", native[3], StringComparison.Ordinal);
        Assert.EndsWith(" 0", native[4], StringComparison.Ordinal);

        // getpid, uname(NULL), socket(AF_INET) by its own number, and SysV IPC through ipc(2).
        string[] i386 = probe.Run(Default, is32Bit: true, "native:20", "native:122", "native:359:2:1:0", "native:117:23:0:1:0x380");
        Assert.EndsWith(" 0", i386[0], StringComparison.Ordinal);
        Assert.Equal("-1 14", i386[1]);
        Assert.EndsWith(" 0", i386[2], StringComparison.Ordinal);
        Assert.EndsWith(" 0", i386[3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("int80", false)]
    [InlineData("native", true)]
    public void The_32_bit_entry_points_do_not_bypass_the_profile(string entry, bool is32Bit)
    {
        OnlyX64();
        string attack = string.Create(CultureInfo.InvariantCulture, $"{entry}:{Unshare32}:{CLONE_NEWUTS}");

        // A filter that judges the native calls and lets other entry points alone: the attack makes its namespace.
        byte[] nativeOnly = WithoutTheOtherAbis();
        if (!is32Bit)
        {
            Assert.Equal("-1 1", probe.Run(nativeOnly, is32Bit, $"native:{Unshare64}:{CLONE_NEWUTS}")[0]);
        }

        Assert.Equal("0 0", probe.Run(nativeOnly, is32Bit, attack)[0]);
        Assert.Equal("-1 1", probe.Run(Default, is32Bit, attack)[0]);
    }

    [Theory]
    [InlineData("int80", false)]
    [InlineData("native", true)]
    public void Socketcall_does_not_open_a_forbidden_family(string entry, bool is32Bit)
    {
        OnlyX64();
        string attack = string.Create(CultureInfo.InvariantCulture, $"{entry}:{Socketcall}:1:@{AF_VSOCK},1,0");
        Assert.Equal("-1 38", probe.Run(Default, is32Bit, attack)[0]);

        byte[] allowed = Compile(SeccompProfile.Default with
        {
            Rules = [.. SeccompProfile.Default.Rules.Where(r => !r.Names.Contains("socketcall", StringComparer.Ordinal)), new(SeccompAction.Allow, ["socketcall"])],
        });
        SeenToBite(probe.Run(allowed, is32Bit, attack)[0]);
    }

    [Fact]
    public void A_forbidden_family_cannot_hide_in_the_lower_half_of_a_register()
    {
        OnlyX64();
        string attack = string.Create(CultureInfo.InvariantCulture, $"native:{Socket64}:{(1UL << 32) + AF_VSOCK}:1:0");
        Assert.Equal("-1 1", probe.Run(Default, is32Bit: false, attack)[0]);

        // "Greater than AF_VSOCK", without an end: the comparison has 64 bits, the kernel takes 32.
        byte[] open = Compile(SeccompProfile.Default with
        {
            Rules =
            [
                .. SeccompProfile.Default.Rules.Where(r => !r.Names.Contains("socket", StringComparer.Ordinal)),
                new(SeccompAction.Allow, ["socket"]) { Arguments = [new(0, SeccompOperator.GreaterThan, AF_VSOCK)] },
            ],
        });
        Assert.Equal("-1 1", probe.Run(open, is32Bit: false, $"native:{Socket64}:{AF_VSOCK}:1:0")[0]);
        SeenToBite(probe.Run(open, is32Bit: false, attack)[0]);
    }

    [Fact]
    public void X32_numbers_are_refused_though_this_was_not_seen_to_bite_where_the_kernel_lacks_x32()
    {
        OnlyX64();
        uint attack = 0x40000000 | Unshare64;
        Assert.Equal("-1 38", probe.Run(Default, is32Bit: false, $"native:{attack}:{CLONE_NEWUTS}")[0]);
    }

    [Fact]
    public void A_call_through_an_ABI_that_the_profile_does_not_open_kills()
    {
        OnlyX64();
        byte[] filter = Compile(SeccompProfile.Default with { Abis = [] });
        Assert.Equal("signal 31", probe.Run(filter, is32Bit: false, "int80:20")[0]);
    }

    private static byte[] Compile(SeccompProfile profile) =>
        SeccompCompiler.Compile(profile, CapabilitySet.Default, MachineArchitecture.X64, Kernel);

    /// <summary>The default filter for the native ABI, with the kill of the others turned to leave.</summary>
    private static byte[] WithoutTheOtherAbis()
    {
        byte[] filter = Compile(SeccompProfile.Default with { Abis = [] });
        int changed = 0;
        for (int i = 0; i < filter.Length; i += 8)
        {
            Span<byte> k = filter.AsSpan(i + 4, 4);
            if (filter[i] == 0x06 && BinaryPrimitives.ReadUInt32LittleEndian(k) == SeccompCompilerTests.KillProcess)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(k, SeccompCompilerTests.Allow);
                changed++;
            }
        }

        Assert.Equal(1, changed);
        return filter;
    }

    private static void SeenToBite(string answer)
    {
        Assert.SkipWhen(
            answer is "-1 97" or "-1 93", "refused with the filter; not seen to work without it, since this kernel has no AF_VSOCK");
        Assert.EndsWith(" 0", answer, StringComparison.Ordinal);
    }

    private static void OnlyX64() =>
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the entry points of x86-64 are what is tested here");
}
