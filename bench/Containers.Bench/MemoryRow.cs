using System.Globalization;
using System.Text;

namespace Containers.Bench;

/// <summary>What one idle container costs beside its own process.</summary>
/// <param name="Process">Whose memory it is.</param>
/// <param name="Resident">Bytes of its resident pages, or null where it was not measured.</param>
/// <param name="Private">Bytes of those that no other process shares.</param>
/// <param name="Absent">Why it was not measured.</param>
internal sealed record MemoryRow(string Process, long? Resident, long? Private, string? Absent)
{
    /// <summary>Measures a process (proc_pid_smaps(5), rollup).</summary>
    internal static MemoryRow Of(string name, int pid)
    {
        string[] lines = File.ReadAllLines($"/proc/{pid}/smaps_rollup");
        return new MemoryRow(name, Sum(lines, "Rss:"), Sum(lines, "Private_Clean:") + Sum(lines, "Private_Dirty:"), null);
    }

    /// <summary>Bytes of memory that a process had at most since it began, or since the mark was reset.</summary>
    internal static long PeakOf(int pid) => Sum(File.ReadAllLines($"/proc/{pid}/status"), "VmHWM:");

    /// <summary>Measures the one process of a program whose command line names the workspace.</summary>
    internal static MemoryRow OfProgram(string program, Workspace workspace) => Of(program, FindProgram(program, workspace));

    /// <summary>Finds the one process of a program whose command line names the workspace.</summary>
    internal static int FindProgram(string program, Workspace workspace)
    {
        foreach (string folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            {
                continue;
            }

            try
            {
                string line = Encoding.UTF8.GetString(File.ReadAllBytes(folder + "/cmdline"));
                string name = Path.GetFileName(line.Split('\0')[0]);
                if (name.StartsWith(program, StringComparison.Ordinal) && line.Contains(workspace.Folder, StringComparison.Ordinal))
                {
                    return pid;
                }
            }
            catch (IOException)
            {
                // It ended meanwhile.
            }
        }

        throw new AbsentException($"no {program} was found");
    }

    private static long Sum(string[] lines, string key) => lines
        .Where(line => line.StartsWith(key, StringComparison.Ordinal))
        .Sum(static line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024);
}
