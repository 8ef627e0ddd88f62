using System.Globalization;
using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <summary>
/// A process told apart from every other one that ever had its number: pid, start time and boot. It is signalled only through a
/// pidfd that was opened first and checked after.
/// </summary>
/// <param name="Pid">The number.</param>
/// <param name="StartTime">Clock ticks since the boot (proc_pid_stat(5), field 22).</param>
/// <param name="BootId">The boot.</param>
internal readonly record struct ProcessIdentity(int Pid, long StartTime, string BootId)
{
    private static readonly Lazy<string> Boot = new(() =>
        Files.ReadText(Files.CurrentFolder, "/proc/sys/kernel/random/boot_id")?.Trim() ?? string.Empty);

    private static readonly Lazy<ProcessIdentity> Own = new(() => new ProcessIdentity(Environment.ProcessId, Stat(Environment.ProcessId)?.StartTime ?? 0, CurrentBootId));

    /// <summary>This process.</summary>
    public static ProcessIdentity Current => Own.Value;

    /// <summary>The machine's present boot.</summary>
    public static string CurrentBootId => Boot.Value;

    /// <summary>How long ago it was started, whatever the machine's clock was set to meanwhile; to a hundredth of a second.</summary>
    public TimeSpan Age => BootClock.Now - BootClock.FromTicks(StartTime);

    /// <summary>Whether the process runs; one that has ended and waits for its parent to look does not.</summary>
    public bool IsAlive
    {
        get
        {
            if (BootId != CurrentBootId || Stat(Pid) is not { } stat || stat.StartTime != StartTime)
            {
                return false;
            }

            if (stat.State is not ('Z' or 'X'))
            {
                return true;
            }

            // A zombie may also be a first thread that ended while others run; a pidfd is readable once all have.
            using FileDescriptor? process = TryOpen();
            return process is not null && !Channels.WaitReadable(process, TimeSpan.Zero, CancellationToken.None);
        }
    }

    /// <summary>Opens a pidfd.</summary>
    /// <returns>The descriptor, or null where the process has gone.</returns>
    public FileDescriptor? TryOpen()
    {
        FileDescriptor? descriptor = BootId == CurrentBootId ? Pidfd.TryOpen(Pid, out _) : null;
        if (descriptor is not null && Stat(Pid)?.StartTime != StartTime)
        {
            descriptor.Dispose();
            return null;
        }

        return descriptor;
    }

    /// <summary>Fields 3 and 22 of /proc/PID/stat.</summary>
    private static (char State, long StartTime)? Stat(int pid)
    {
        if (Files.ReadText(Files.CurrentFolder, $"/proc/{pid}/stat") is not { } text)
        {
            return null;
        }

        // The command in parentheses may hold anything, spaces and parentheses included; field 3 follows the last one.
        ReadOnlySpan<char> rest = text.AsSpan(text.LastIndexOf(')') + 2);
        int spaces = 0;
        int start = 0;
        for (; start < rest.Length && spaces < 19; start++)
        {
            spaces += rest[start] == ' ' ? 1 : 0;
        }

        int end = rest[start..].IndexOf(' ');
        return long.TryParse(rest.Slice(start, end), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? (rest[0], value) : null;
    }
}
