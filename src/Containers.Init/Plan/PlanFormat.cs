using System.Runtime.InteropServices;

// The launch plan: what the engine's compiler writes and the helper executes. This file is compiled into both.
//
// A plan is one block of memory in a memfd, without pointers: everything refers to other parts by its offset from the
// block's start. The helper maps it privately and writable, so that it can turn offsets into addresses in place.
//
//   PlanHeader        what the launcher and the monitor need: namespaces, descriptors, log, records
//   PlanStep[]        what the container's first process does between clone and exec, in order
//   tables            relocations, cgroup descriptors, removals (PlanHeader says where)
//   data              NUL-terminated strings, kernel structs, pointer arrays
//
// Relocations: an array of offsets; at each of them lies an offset (8 bytes) that becomes an address. Pointer arrays
// (argv, envp) and kernel structs with pointers in them (sock_fprog) are made that way.
//
// Registers hold descriptors: a step may put its result into one, and a later step may name it as an argument.
// The first ones are filled before the first step (PlanRegister). Descriptors that the engine hands down keep their
// numbers, so plans name them as values.
//
// A step that fails ends the start: its index, the error number and a detail (PlanFault) travel over a pipe to the
// monitor, from there to the engine, which knows for every index the sentence to say.
namespace Containers.Init.Plan;

/// <summary>The plan's first bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PlanHeader
{
    /// <summary>"PSCPLAN" and the format's version in the last byte.</summary>
    internal const ulong ExpectedMagic = 0x08_4e_41_4c_50_43_53_50;

    internal ulong Magic;

    /// <summary>Bytes of the whole plan.</summary>
    internal uint Length;

    /// <summary>PlanFlags.</summary>
    internal uint Flags;

    internal uint StepCount, StepsOffset;

    internal uint RelocationCount, RelocationsOffset;

    /// <summary>CLONE_NEW* flags of the container's first process.</summary>
    internal ulong CloneFlags;

    /// <summary>A running process (pidfd_open(2)) whose pid namespace the new one is born into, or -1; namespaces otherwise are joined by steps.</summary>
    internal int JoinedProcess;

    /// <summary>The cgroup folder that the first process is born into (CLONE_INTO_CGROUP), or -1.</summary>
    internal int IntoCgroup;

    /// <summary>The cgroup folder that the monitor is born into, or -1.</summary>
    internal int MonitorIntoCgroup;

    /// <summary>The monitor's end of the session's SOCK_SEQPACKET pair.</summary>
    internal int Session;

    /// <summary>The first process's standard input; -1 for /dev/null.</summary>
    internal int StandardInput;

    /// <summary>Pipes to the session for the container's output; -1 where none is attached.</summary>
    internal int AttachedOutput, AttachedError;

    /// <summary>The listening SOCK_SEQPACKET socket at which further sessions attach; -1 for none. Non-blocking.</summary>
    internal int AttachSocket;

    /// <summary>The writing end of the first process's standard input, which the monitor keeps open and gives to sessions that attach; -1 for none.</summary>
    internal int KeptInput;

    /// <summary>The folder of the running and exit records; -1 for none.</summary>
    internal int RecordsFolder;

    /// <summary>A folder in memory for the exit record where that of the records is on a full disk; -1 for none.</summary>
    internal int SpareRecordsFolder;

    /// <summary>The folder of the log; -1 for none.</summary>
    internal int LogFolder;

    /// <summary>
    /// The container's lock, or -1. It is the session's own (flock(2) is an open file's), and held here until the command runs or nothing of the start is left:
    /// where the session dies meanwhile, nobody may start or remove the container that is about to run.
    /// </summary>
    internal int StartLock;

    /// <summary>A file whose line "oom_kill N" counts, or -1.</summary>
    internal int OomCounter;

    /// <summary>The file whose writing kills the whole cgroup (cgroup.kill), where no pid namespace's end does it; or -1.</summary>
    internal int CgroupKiller;

    /// <summary>The executable that takes over at the end, or -1.</summary>
    internal int HandOverProgram;

    internal int LogMaxFiles;

    internal long LogMaxSize;

    /// <summary>argv and envp (pointer arrays) of the hand-over.</summary>
    internal uint HandOverArguments, HandOverEnvironment;

    /// <summary>argv of the same program, with the same environment, when it is to check the container's health.</summary>
    internal uint ProbeArguments;

    /// <summary>int[]: tasks files (v1) the monitor writes itself to.</summary>
    internal uint MonitorCgroupCount, MonitorCgroupsOffset;

    /// <summary>PlanRemoval[]: cgroups the monitor removes at the end.</summary>
    internal uint RemovalCount, RemovalsOffset;

    /// <summary>PlanDescriptor[], ascending: the inherited descriptors that stay open.</summary>
    internal uint KeepCount, KeepOffset;

    /// <summary>The first part of the running record, up to the numbers that the monitor adds.</summary>
    internal uint RunningPrefixOffset, RunningPrefixLength;

    /// <summary>The folder of the engine's record of events, or -1.</summary>
    internal int EventsFolder;

    /// <summary>What follows time, action and attributes in the container's lines there; before it lie <see cref="EventRoom"/> free bytes for those.</summary>
    internal uint EventOffset, EventLength;

    /// <summary>Milliseconds between two checks of the container's health; 0 where none is made.</summary>
    internal long HealthInterval;

    /// <summary>Milliseconds from the start, in which the checks come every <see cref="HealthStartInterval"/> milliseconds as long as none has succeeded.</summary>
    internal long HealthStartPeriod, HealthStartInterval;

    internal const int EventRoom = 192;
}

/// <summary>Bits of <see cref="PlanHeader.Flags"/>.</summary>
internal static class PlanFlags
{
    /// <summary>The container is removed at its end: by the session if it still lives, else by the hand-over program.</summary>
    internal const uint RemoveAtEnd = 1;

    /// <summary>The first process stays the helper, reaping orphans and forwarding signals (-Init).</summary>
    internal const uint Init = 2;

    /// <summary>The command has a terminal, made by the step <see cref="PlanOperation.OpenTerminal"/>, instead of pipes for its output.</summary>
    internal const uint Terminal = 4;

    /// <summary>The first process's pid namespace is not the container's own: others of the container may outlive it.</summary>
    internal const uint SharedPids = 8;

    /// <summary>
    /// The first process joins the pid namespace by the same steps as the others, which holds for its children alone, and its last act before the command is to
    /// clone the one who executes it: nobody in that namespace sees a process that has more than the command has.
    /// </summary>
    internal const uint EnterLast = 16;

    /// <summary>
    /// The first process executes no command but <see cref="PlanOperation.Hold"/>. The monitor waits for the session's word: with
    /// <see cref="SessionMessage.Acknowledged"/> it leaves that process on its own; with another, or none when the session ends, it kills it.
    /// </summary>
    internal const uint Hold = 32;
}

/// <summary>A cgroup to remove: a name in a folder.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PlanRemoval
{
    internal int Folder;
    internal uint NameOffset;
}

/// <summary>A descriptor that the engine hands down.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PlanDescriptor
{
    internal int Descriptor;

    /// <summary>1 where the monitor needs it after the clone, else 0.</summary>
    internal int IsMonitors;
}

/// <summary>One step of the container's first process.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PlanStep
{
    /// <summary>PlanOperation.</summary>
    internal byte Operation;

    /// <summary>The register that takes the result; <see cref="PlanRegister.None"/> for none.</summary>
    internal byte Result;

    /// <summary>Error numbers that are no failure; 0 for none.</summary>
    internal byte AllowedError, AllowedError2;

    /// <summary>How many of the following steps are left out after an allowed error.</summary>
    internal byte SkipAfterAllowedError;

    /// <summary>Bit n set: argument n is an offset and becomes an address.</summary>
    internal byte OffsetArguments;

    /// <summary>Bit n set: argument n is a register and becomes its descriptor.</summary>
    internal byte RegisterArguments;

    internal byte Reserved;

    /// <summary>The system call's number, for <see cref="PlanOperation.SystemCall"/>.</summary>
    internal int SystemCall;

    internal int Padding;

    internal long A, B, C, D, E, F;
}

/// <summary>What a step does. Arguments in order, in brackets.</summary>
internal static class PlanOperation
{
    /// <summary>The system call [its arguments].</summary>
    internal const byte SystemCall = 0;

    /// <summary>Follows a path inside a root, making missing folders [root, path without .., mode]; gives an O_PATH descriptor of the folder.</summary>
    internal const byte MakeFolders = 1;

    /// <summary>As MakeFolders, but the last component is an empty file where the descriptor in the 4th argument is no folder [root, path, mode, like].</summary>
    internal const byte MakeMountPoint = 2;

    /// <summary>Hides a path of a kernel file system, if it is there [its root, path, the null device, an empty folder's mount].</summary>
    internal const byte MaskPath = 3;

    /// <summary>Fails unless the descriptor is that character device [descriptor, major, minor].</summary>
    internal const byte VerifyDevice = 4;

    /// <summary>Fails unless the descriptor lies on a file system of that magic number, or where it does [descriptor, magic, 0 or 1].</summary>
    internal const byte VerifyFileSystem = 5;

    /// <summary>Finds user, group and supplementary groups in the image's own files [root, user, group or 0, HOME buffer, its size, /proc].</summary>
    internal const byte LookUpUser = 6;

    /// <summary>Takes on the identity found, with these capabilities where it is root [bounding set, permitted set].</summary>
    internal const byte SetCredentials = 7;

    /// <summary>Fails where the current folder is not inside the root (getcwd(2) says so with "(unreachable)").</summary>
    internal const byte VerifyWorkingFolder = 8;

    /// <summary>Fails where the monitor has ended.</summary>
    internal const byte VerifyMonitor = 9;

    /// <summary>execve with a search along PATH of the new environment [argv, envp].</summary>
    internal const byte Execute = 10;

    /// <summary>Opens a path inside a root for writing and writes a text [root, path, text, length].</summary>
    internal const byte WriteFile = 11;

    /// <summary>
    /// Makes a terminal in the devpts of the root, gives its other end to the monitor, and makes it the controlling terminal and all three standard streams
    /// [root, rows, columns]; gives the descriptor.
    /// </summary>
    internal const byte OpenTerminal = 12;

    /// <summary>Adds a group of the image's own file to those of the user found before [root, group, /proc].</summary>
    internal const byte AddGroup = 13;

    /// <summary>Keeps the process's namespaces, and reaps what is orphaned in them, until a signal kills it [].</summary>
    internal const byte Hold = 14;
}

/// <summary>Registers with a meaning before the first step.</summary>
internal static class PlanRegister
{
    internal const byte StandardInput = 0, StandardOutput = 1, StandardError = 2;

    /// <summary>The first one free for steps.</summary>
    internal const byte First = 3;

    internal const int Count = 64;

    internal const byte None = 0xff;
}

/// <summary>What a compound step found wrong, where the error number alone does not say it.</summary>
internal static class PlanFault
{
    internal const int None = 0, UserUnknown = 1, GroupUnknown = 2, NumberOutOfRange = 3, UserFileNotRegular = 4, UserFileTooLarge = 5, WrongDevice = 6,
        WrongFileSystem = 7, OutsideRoot = 8, MonitorGone = 9, CommandNotFound = 10, CommandNotExecutable = 11, TooManyGroups = 12, Malformed = 13,
        UserFileUnreadable = 14, Died = 15;
}

/// <summary>What the first process tells the monitor when a step fails. Just before exec it tells one byte, so that its death on the way is no success.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PlanFailure
{
    internal int Step, Error, Fault;
}

/// <summary>What the monitor and a session tell each other over their socket.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SessionMessage
{
    /// <summary>
    /// The first process runs the command: Value1 its pid, Value2 its start time, Value3 the monitor's pid. With it come (SCM_RIGHTS) its terminal's other
    /// end, or, to a session that has attached, the writing end of its standard input where the monitor keeps that.
    /// </summary>
    internal const int Started = 1;

    /// <summary>The start failed and what the monitor held is released: Value1 the step, Value2 the error number, Value3 the fault.</summary>
    internal const int Failed = 2;

    /// <summary>The container has ended: Value1 exit code, Value2 signal or 0, Value3 OOM kills. The session begins with its part of the end.</summary>
    internal const int Ended = 3;

    /// <summary>What the monitor held is released: Value1 the number of cgroups that it could not remove.</summary>
    internal const int Released = 4;

    /// <summary>From the session that started the container: everything is done, nothing to hand over.</summary>
    internal const int Acknowledged = 5;

    /// <summary>
    /// From a session that attaches: Value1 is 1 where it wants the input. The writing ends of its pipes come with it (SCM_RIGHTS): for the output and, where
    /// there is no terminal, for the errors. The answer is Started or Refused; at the end comes Ended, and when all is recorded and released the socket's end.
    /// </summary>
    internal const int Attach = 6;

    /// <summary>As many sessions are attached as may be: Value1 their number.</summary>
    internal const int Refused = 7;

    internal int Kind, Reserved;

    internal long Value1, Value2, Value3, Time;
}
