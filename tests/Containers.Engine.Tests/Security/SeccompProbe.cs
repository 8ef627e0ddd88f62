using System.Diagnostics;

namespace Containers.Engine.Tests.Security;

/// <summary>seccomp-probe.c, built once for this machine's ABI and once for i386, and run under a filter.</summary>
public sealed class SeccompProbe : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("seccomp-probe-");

    private readonly Dictionary<bool, string> _reasons = [];

    public SeccompProbe()
    {
        Build(is32Bit: false);
        Build(is32Bit: true);
    }

    /// <summary>Runs calls, each in a process of its own; a line for each: result and errno, or signal.</summary>
    /// <param name="filter">The filter, or null for none.</param>
    /// <param name="is32Bit">Whether the 32-bit program makes the calls.</param>
    /// <param name="calls">As seccomp-probe.c wants them.</param>
    internal string[] Run(byte[]? filter, bool is32Bit, params IEnumerable<string> calls)
    {
        Assert.SkipWhen(_reasons.TryGetValue(is32Bit, out string? reason), reason ?? string.Empty);
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "the probe makes namespaces: root is needed");
        string path = "-";
        if (filter is not null)
        {
            path = Path.Combine(_folder.FullName, Path.GetRandomFileName());
            File.WriteAllBytes(path, filter);
        }

        string[] all = [.. calls];
        (int code, string output) = Start(Program(is32Bit), [path, .. all]);
        Assert.True(code == 0, $"seccomp-probe ended with {code}: {output}");
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(all.Length, lines.Length);
        return lines;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Program(bool is32Bit) => Path.Combine(_folder.FullName, is32Bit ? "probe32" : "probe");

    private void Build(bool is32Bit)
    {
        string source = Path.Combine(AppContext.BaseDirectory, "Security", "seccomp-probe.c");
        string[] arguments = ["-O1", "-static", "-no-pie", "-o", Program(is32Bit), source, .. is32Bit ? (string[])["-m32"] : []];
        try
        {
            (int code, string output) = Start("gcc", arguments);
            if (code != 0)
            {
                _reasons[is32Bit] = $"gcc cannot build the probe{(is32Bit ? " for i386 (gcc-multilib is missing?)" : string.Empty)}: {output}";
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            _reasons[is32Bit] = "gcc is not installed";
        }
    }

    private static (int Code, string Output) Start(string program, IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }
}
