using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>
/// The two records that tell later sessions what became of a container: <c>running.json</c> (which process it is) and
/// <c>exit.json</c> (how it ended). Each is written beside and renamed into place, so that a reader sees a whole one or none.
/// </summary>
internal static unsafe class Records
{
    private const int RecordSize = 512;
    private const int OwnerOnly = 0x180;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Nanoseconds since 1970, for people: the machine's clock may be set at any time.</summary>
    internal static long Now() => Read(clock: 0);

    /// <summary>Nanoseconds since the machine's start (CLOCK_BOOTTIME), by which durations are measured: nobody sets it, and it goes on while the machine sleeps.</summary>
    internal static long BootTime() => Read(clock: 7);

    internal static void WriteRunning(MonitorState* monitor)
    {
        PlanHeader* plan = monitor->Plan;
        byte* text = stackalloc byte[RecordSize];
        Text.Copy(text, (byte*)plan + plan->RunningPrefixOffset, (int)plan->RunningPrefixLength);
        byte* end = text + plan->RunningPrefixLength;
        long self = Sys.Call(SysNr.Getpid);
        monitor->PidStart = StartTime(monitor->Pid);
        end = AppendMember(end, Text.Z("\"pid\":"u8), monitor->Pid);
        end = AppendMember(end, Text.Z(",\"pidStart\":"u8), monitor->PidStart);
        end = AppendMember(end, Text.Z(",\"monitor\":"u8), self);
        end = AppendMember(end, Text.Z(",\"monitorStart\":"u8), StartTime((int)self));
        end = AppendMember(end, Text.Z(",\"startedAt\":"u8), Now());
        end = AppendMember(end, Text.Z(",\"launched\":"u8), 0);
        *end++ = (byte)'}';
        monitor->RunningLength = end - text;
        Write(plan->RecordsFolder, Text.Z("running.json"u8), Text.Z("running.json.new"u8), text, end);
    }

    /// <summary>Says that the first process has left the host's root and executes the command: who joins it before would be in the host's file system.</summary>
    internal static void MarkLaunched(MonitorState* monitor)
    {
        int folder = monitor->Plan->RecordsFolder;
        long file = folder < 0 ? -1 : Sys.Call(SysNr.Openat, folder, (long)Text.Z("running.json"u8), Open.WriteOnly | Open.CloseOnExec);
        if (file >= 0)
        {
            // The one digit before the closing brace: no reader sees half of it.
            Sys.Call(SysNr.Lseek, file, monitor->RunningLength - 2, 0);
            Sys.Call(SysNr.Write, file, (long)Text.Z("1"u8), 1);
            Sys.Call(SysNr.Close, file);
        }
    }

    internal static void WriteExit(MonitorState* monitor)
    {
        byte* text = stackalloc byte[RecordSize];
        byte* end = AppendMember(text, Text.Z("{\"exitCode\":"u8), monitor->ExitCode);
        end = AppendMember(end, Text.Z(",\"signal\":"u8), monitor->Signal);
        end = AppendMember(end, Text.Z(",\"oomKills\":"u8), monitor->OomKills);
        end = AppendMember(end, Text.Z(",\"lasted\":"u8), monitor->Lasted);
        end = AppendMember(end, Text.Z(",\"startedAt\":"u8), monitor->StartedAt);
        end = AppendMember(end, Text.Z(",\"finishedAt\":"u8), monitor->EndedAt);
        *end++ = (byte)'}';
        if (!Write(monitor->Plan->RecordsFolder, Text.Z("exit.json"u8), Text.Z("exit.json.new"u8), text, end))
        {
            Write(monitor->Plan->SpareRecordsFolder, Text.Z("exit.json"u8), Text.Z("exit.json.new"u8), text, end);
        }
    }

    internal static void RemoveRunning(MonitorState* monitor) =>
        Sys.Call(SysNr.Unlinkat, monitor->Plan->RecordsFolder, (long)Text.Z("running.json"u8));

    /// <summary>Whether the container has a restart policy: its record is there as long as it has one.</summary>
    internal static bool HasRestart(PlanHeader* plan) =>
        plan->RecordsFolder >= 0 && Sys.Call(SysNr.Faccessat, plan->RecordsFolder, (long)Text.Z("restart.json"u8), 0) == 0;

    /// <summary>The number behind "oom_kill " in memory.events (v2) or memory.oom_control (v1).</summary>
    internal static long CountOomKills(int counter)
    {
        byte* text = stackalloc byte[RecordSize];
        long length = counter < 0 ? 0 : Sys.Call(SysNr.Pread64, counter, (long)text, RecordSize - 1, 0);
        byte* key = Text.Z("oom_kill "u8);
        const int keyLength = 9;
        for (long i = 0; i + keyLength < length; i++)
        {
            if ((i == 0 || text[i - 1] == (byte)'\n') && Text.Same(text + i, keyLength, key, keyLength))
            {
                byte* digits = text + i + keyLength;
                int count = 0;
                while (digits + count < text + length && digits[count] is >= (byte)'0' and <= (byte)'9')
                {
                    count++;
                }

                return Text.ParseNumber(digits, count, long.MaxValue);
            }
        }

        return 0;
    }

    /// <summary>Field 22 of /proc/PID/stat (proc_pid_stat(5)), counted behind the command's closing parenthesis.</summary>
    internal static long StartTime(int pid)
    {
        byte* text = stackalloc byte[RecordSize];
        byte* end = Text.Append(Text.AppendNumber(Text.Append(text, Text.Z("/proc/"u8)), pid), Text.Z("/stat"u8));
        *end = 0;
        long file = Sys.Call(SysNr.Openat, Open.AtCurrentFolder, (long)text, Open.CloseOnExec);
        long length = file < 0 ? 0 : Sys.Call(SysNr.Read, file, (long)text, RecordSize - 1);
        Sys.Call(SysNr.Close, file);
        if (length <= 0)
        {
            return 0;
        }

        byte* stop = text + length;
        byte* position = stop;
        while (position > text && position[-1] != (byte)')')
        {
            position--;
        }

        // After the parenthesis come " S ppid ...": field 3 follows the first space, field 22 the twentieth.
        for (int spaces = 0; position < stop && spaces < 20; position++)
        {
            spaces += *position == (byte)' ' ? 1 : 0;
        }

        int digits = 0;
        while (position + digits < stop && position[digits] is >= (byte)'0' and <= (byte)'9')
        {
            digits++;
        }

        return Text.ParseNumber(position, digits, long.MaxValue);
    }

    private static long Read(int clock)
    {
        TimeSpec now = default;
        Sys.Call(SysNr.ClockGettime, clock, (long)&now);
        return (now.Seconds * NanosecondsPerSecond) + now.Nanoseconds;
    }

    private static byte* AppendMember(byte* end, byte* name, long value) => Text.AppendNumber(Text.Append(end, name), value);

    private static bool Write(int folder, byte* name, byte* temporary, byte* text, byte* end)
    {
        if (folder < 0)
        {
            return false;
        }

        long file = Sys.Call(SysNr.Openat, folder, (long)temporary, Open.WriteOnly | Open.Create | Open.Truncate | Open.CloseOnExec, OwnerOnly);
        if (file < 0)
        {
            return false;
        }

        long written = Sys.Call(SysNr.Write, file, (long)text, end - text);
        Sys.Call(SysNr.Close, file);
        if (written == end - text)
        {
            return Sys.Call(SysNr.Renameat2, folder, (long)temporary, folder, (long)name, 0) >= 0;
        }

        Sys.Call(SysNr.Unlinkat, folder, (long)temporary);
        return false;
    }
}
