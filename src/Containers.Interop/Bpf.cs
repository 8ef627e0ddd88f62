using System.Runtime.InteropServices;
using System.Text;

namespace Containers.Interop;

/// <summary>The part of bpf(2) that device control on cgroup v2 needs.</summary>
public static unsafe partial class Bpf
{
    private const int ProgLoad = 5;
    private const int ProgAttach = 8;
    private const int ProgramTypeCgroupDevice = 15;
    private const int AttachTypeCgroupDevice = 6;

    // BPF_F_ALLOW_MULTI: the programs of this cgroup and of all above it run, and each must allow the access.
    private const uint AllowMulti = 2;

    private const int LogSize = 64 * 1024;

    /// <summary>Loads a program of type BPF_PROG_TYPE_CGROUP_DEVICE (BPF_PROG_LOAD).</summary>
    /// <param name="program">The instructions; the program calls no helper, so its licence need not be the GPL.</param>
    /// <param name="name">Shown by bpftool: at most 15 letters, digits, <c>_</c> or <c>.</c>.</param>
    /// <returns>The program's descriptor; the program stays as long as it is open or the program is attached.</returns>
    /// <exception cref="KernelException">
    /// The kernel refused it: EPERM without CAP_BPF and CAP_NET_ADMIN or CAP_SYS_ADMIN, EINVAL or EACCES from the verifier, whose log is then in the
    /// message, ENOSYS or EINVAL from a kernel built without CONFIG_CGROUP_BPF.
    /// </exception>
    public static FileDescriptor LoadDeviceProgram(ReadOnlySpan<BpfInstruction> program, string name)
    {
        FileDescriptor? loaded = TryLoad(program, name, log: null, out Errno errno);
        if (loaded is not null)
        {
            return loaded;
        }

        if (errno is not (Errno.EINVAL or Errno.EACCES))
        {
            throw new KernelException(errno, "loading the device program", name);
        }

        // The log is only asked for after a refusal: writing it makes a load several times slower.
        byte[] log = new byte[LogSize];
        loaded = TryLoad(program, name, log, out errno);
        return loaded ?? throw new KernelException(errno, $"loading the device program (verifier: {LogText(log)})", name);
    }

    /// <summary>Attaches a loaded program to a cgroup (BPF_PROG_ATTACH, BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI).</summary>
    /// <param name="cgroup">The cgroup's folder in the v2 hierarchy.</param>
    /// <param name="program">A descriptor of <see cref="LoadDeviceProgram"/>; it may be closed afterwards.</param>
    /// <param name="subject">What an error's message names.</param>
    /// <exception cref="KernelException">The kernel refused it.</exception>
    public static void AttachDeviceProgram(FileDescriptor cgroup, FileDescriptor program, string subject)
    {
        var attribute = new AttachAttribute
        {
            Target = (uint)cgroup.Number,
            Program = (uint)program.Number,
            AttachType = AttachTypeCgroupDevice,
            Flags = AllowMulti,
        };
        if (syscall3(SystemCall.Bpf, ProgAttach, (nint)(&attribute), sizeof(AttachAttribute)) < 0)
        {
            throw new KernelException((Errno)Marshal.GetLastPInvokeError(), "attaching the device program to", subject);
        }
    }

    private static FileDescriptor? TryLoad(ReadOnlySpan<BpfInstruction> program, string name, byte[]? log, out Errno errno)
    {
        ReadOnlySpan<byte> license = "MIT\0"u8;
        fixed (BpfInstruction* instructions = program)
        fixed (byte* licenseText = license)
        fixed (byte* logText = log)
        {
            var attribute = new LoadAttribute
            {
                Type = ProgramTypeCgroupDevice,
                InstructionCount = (uint)program.Length,
                Instructions = (ulong)instructions,
                License = (ulong)licenseText,
                LogLevel = log is null ? 0u : 1u,
                LogSize = (uint)(log?.Length ?? 0),
                LogBuffer = (ulong)logText,
            };
            int length = Math.Min(name.Length, LoadAttribute.NameLength - 1);
            Encoding.ASCII.GetBytes(name.AsSpan(0, length), new Span<byte>(attribute.Name, LoadAttribute.NameLength));

            nint fd;
            do
            {
                // EAGAIN: a signal came while the verifier ran.
                fd = syscall3(SystemCall.Bpf, ProgLoad, (nint)(&attribute), sizeof(LoadAttribute));
            }
            while (fd < 0 && Marshal.GetLastPInvokeError() is (int)Errno.EINTR or (int)Errno.EAGAIN);

            errno = fd < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
            // BPF_PROG_LOAD gives descriptors that are close-on-exec by themselves.
            return fd < 0 ? null : new FileDescriptor((int)fd);
        }
    }

    private static string LogText(byte[] log)
    {
        int end = Array.IndexOf(log, (byte)0);
        string text = Encoding.UTF8.GetString(log, 0, end < 0 ? log.Length : end).Trim();
        return text.Length == 0 ? "no log" : text.ReplaceLineEndings(" | ");
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall3(nint number, nint a, nint b, nint c);

    // The beginnings of union bpf_attr for the two commands; the kernel takes the rest as zero.
    [StructLayout(LayoutKind.Sequential)]
    private struct LoadAttribute
    {
        public const int NameLength = 16;
        public uint Type;
        public uint InstructionCount;
        public ulong Instructions;
        public ulong License;
        public uint LogLevel;
        public uint LogSize;
        public ulong LogBuffer;
        public uint KernelVersion;
        public uint Flags;
        public fixed byte Name[NameLength];
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AttachAttribute
    {
        public uint Target;
        public uint Program;
        public uint AttachType;
        public uint Flags;
    }
}
