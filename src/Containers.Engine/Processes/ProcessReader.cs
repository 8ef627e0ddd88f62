using System.Diagnostics;
using System.Globalization;
using System.Text;
using Containers.Engine.Layers;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Processes;

/// <summary>Reads processes from /proc. All of a process is read through one descriptor of its folder, so that it is all of the same process.</summary>
internal sealed class ProcessReader
{
    // USER_HZ: the unit of times in /proc, the same on every architecture that is supported.
    private const long TicksPerSecond = 100;
    private const int LongestArguments = 128 * 1024;

    private readonly DateTimeOffset now = DateTimeOffset.UtcNow;
    private readonly TimeSpan sinceBoot;

    /// <summary>A reader of this moment.</summary>
    public ProcessReader()
    {
        string uptime = Files.ReadText(Files.CurrentFolder, "/proc/uptime") ?? string.Empty;
        sinceBoot = TimeSpan.FromSeconds(double.Parse(uptime.AsSpan(0, uptime.IndexOf(' ')), CultureInfo.InvariantCulture));
    }

    /// <summary>Reads a process.</summary>
    /// <param name="pid">Its number.</param>
    /// <param name="level">How deep the container's pid namespace lies: which of the process's numbers is the one there.</param>
    /// <param name="users">The container's users.</param>
    /// <returns>The process; null where it has gone.</returns>
    public ContainerProcess? TryRead(int pid, int level, IReadOnlyDictionary<uint, string> users)
    {
        using FileDescriptor? folder = Files.TryOpen(Files.CurrentFolder, $"/proc/{pid}", LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out _);
        try
        {
            return folder is not null && Files.ReadText(folder.Number, "stat") is { } stat && Files.ReadText(folder.Number, "status") is { } status
                ? Parse(pid, level, stat, status, ReadArguments(folder), users) : null;
        }
        catch (KernelException e) when (e.Errno == Errno.ESRCH)
        {
            return null;
        }
    }

    /// <summary>How many pid namespaces see a process, from this one down.</summary>
    /// <param name="pid">The process.</param>
    /// <returns>The number; 0 where it has gone.</returns>
    public static int LevelOf(int pid) =>
        Files.ReadText(Files.CurrentFolder, $"/proc/{pid}/status") is { } status ? Values(status, "NSpid").Length : 0;

    /// <summary>The command line of a process, what is not printable written as <c>\x1b</c>; of one without arguments its name in brackets.</summary>
    /// <param name="pid">The process.</param>
    /// <returns>The text; null where it has gone.</returns>
    public static string? CommandLineOf(int pid)
    {
        using FileDescriptor? folder = Files.TryOpen(Files.CurrentFolder, $"/proc/{pid}", LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out _);
        try
        {
            return folder is null ? null : Show(ReadArguments(folder), Files.ReadText(folder.Number, "comm")?.TrimEnd('\n') ?? string.Empty);
        }
        catch (KernelException e) when (e.Errno == Errno.ESRCH)
        {
            return null;
        }
    }

    private static string Show(byte[] arguments, string name)
    {
        string shown = EntryName.ShowWhole([.. arguments.AsSpan().TrimEnd((byte)0).ToArray().Select(b => b == 0 ? (byte)' ' : b)]);
        return shown.Length > 0 ? shown : $"[{EntryName.ShowWhole(Encoding.UTF8.GetBytes(name))}]";
    }

    private ContainerProcess Parse(int pid, int level, string stat, string status, byte[] arguments, IReadOnlyDictionary<uint, string> users)
    {
        // The name in parentheses may hold anything; field 3 follows the last one.
        int nameEnd = stat.LastIndexOf(')');
        string name = stat[(stat.IndexOf('(') + 1)..nameEnd];
        string[] fields = stat[(nameEnd + 2)..].Split(' ');
        TimeSpan cpu = FromTicks(long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture));
        TimeSpan started = FromTicks(long.Parse(fields[19], CultureInfo.InvariantCulture));
        double elapsed = (sinceBoot - started).TotalSeconds;
        uint user = uint.Parse(Values(status, "Uid")[1], CultureInfo.InvariantCulture);
        string[] numbers = Values(status, "NSpid");
        return new ContainerProcess
        {
            ProcessId = pid,
            InnerProcessId = level > 1 && numbers.Length >= level ? int.Parse(numbers[level - 1], CultureInfo.InvariantCulture) : null,
            ParentProcessId = int.Parse(fields[1], CultureInfo.InvariantCulture),
            UserId = user,
            UserName = users.GetValueOrDefault(user),
            State = StateOf(fields[0]),
            StartedAt = now - sinceBoot + started,
            CpuTime = cpu,
            CpuPercent = elapsed > 0 ? Math.Round(cpu.TotalSeconds / elapsed * 100, 2) : 0,
            Memory = Values(status, "VmRSS") is [var kibibytes, ..] ? long.Parse(kibibytes, CultureInfo.InvariantCulture) * 1024 : 0,
            Threads = int.Parse(fields[17], CultureInfo.InvariantCulture),
            Name = name,
            Arguments = arguments.Length == 0 ? [] : Encoding.UTF8.GetString(arguments.AsSpan().TrimEnd((byte)0)).Split('\0'),
            CommandLine = Show(arguments, name),
        };
    }

    private static ProcessState StateOf(string letter) => letter switch
    {
        "R" => ProcessState.Running,
        "S" => ProcessState.Sleeping,
        "D" => ProcessState.DiskSleep,
        "T" => ProcessState.Stopped,
        "t" => ProcessState.Traced,
        "Z" => ProcessState.Zombie,
        "X" => ProcessState.Dead,
        "I" => ProcessState.Idle,
        _ => ProcessState.Unknown,
    };

    private static TimeSpan FromTicks(long ticks) => TimeSpan.FromTicks(ticks * (TimeSpan.TicksPerSecond / TicksPerSecond));

    /// <summary>The values of a line of /proc/PID/status; none where there is no such line.</summary>
    private static string[] Values(string status, string key)
    {
        foreach (ReadOnlySpan<char> line in status.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(key, StringComparison.Ordinal) && line.Length > key.Length && line[key.Length] == ':')
            {
                return line[(key.Length + 1)..].ToString().Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries);
            }
        }

        return [];
    }

    private static byte[] ReadArguments(FileDescriptor folder)
    {
        using FileDescriptor? file = Files.TryOpen(folder.Number, "cmdline", LibC.O_RDONLY, 0, out _);
        byte[] buffer = new byte[4096];
        int length = 0;
        int count = file is null ? 0 : 1;
        while (count > 0 && length < LongestArguments)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            count = Files.Read(file!, buffer.AsSpan(length), "cmdline");
            length += count;
        }

        return buffer[..length];
    }
}
