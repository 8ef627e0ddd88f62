using System.Globalization;
using Containers.Engine.Runtime;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Measuring;

/// <summary>Reads what the interfaces of a network namespace have received and sent (proc_pid_net(5)).</summary>
internal static class NetworkUsage
{
    /// <summary>Reads the counters of a process's network namespace, the loopback left out.</summary>
    /// <param name="process">The process.</param>
    /// <returns>Bytes; null where it has gone.</returns>
    public static (long? Received, long? Sent) Read(ProcessIdentity process)
    {
        // Through a descriptor of the process's folder that was opened before it was asked whether it is the one.
        using FileDescriptor? folder = Files.TryOpen(Files.CurrentFolder, $"/proc/{process.Pid}", LibC.O_PATH | LibC.O_DIRECTORY, 0, out _);
        try
        {
            return folder is not null && process.IsAlive && Files.ReadText(folder.Number, "net/dev") is { } text ? Sum(text) : (null, null);
        }
        catch (KernelException e) when (e.Errno is Errno.ESRCH or Errno.EINVAL)
        {
            // It ended in between.
            return (null, null);
        }
    }

    /// <summary>Adds up the lines <c>eth0: BYTES PACKETS ...</c>: the first column is received, the ninth sent.</summary>
    internal static (long Received, long Sent) Sum(string text)
    {
        long received = 0;
        long sent = 0;
        foreach (string line in text.Split('\n'))
        {
            int colon = line.LastIndexOf(':');
            string[] columns = colon < 0 ? [] : line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length >= 9 && line[..colon].Trim() != "lo")
            {
                received += long.Parse(columns[0], CultureInfo.InvariantCulture);
                sent += long.Parse(columns[8], CultureInfo.InvariantCulture);
            }
        }

        return (received, sent);
    }
}
