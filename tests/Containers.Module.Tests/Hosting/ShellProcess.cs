using System.Diagnostics;

namespace Containers.Module.Tests.Hosting;

/// <summary>Runs of the built Containers.Shell as a process of its own.</summary>
internal static class ShellProcess
{
    // An emulated machine may be fifty times slower.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(Environment.GetEnvironmentVariable("CGROUP2_VM") is null ? 1 : 6);

    public static ShellResult Run(params string[] arguments) => Run(Repository.Shell, arguments);

    public static ShellResult Run(
        string program, IEnumerable<string> arguments, string? input = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        using var process = Start(program, arguments, environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (input is not null)
        {
            process.StandardInput.Write(input);
        }

        process.StandardInput.Close();
        WaitForExit(process);
        return new ShellResult(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Starts the shell; the caller waits for it.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables on top of this process's; those of value null are taken away.</param>
    /// <returns>The process, its three streams redirected.</returns>
    public static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    public static void WaitForExit(Process process)
    {
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"The process {process.StartInfo.FileName} had not ended after {Patience}.");
        }
    }
}

/// <summary>How a process ended.</summary>
internal sealed record ShellResult(int ExitCode, string Output, string Error)
{
    public IReadOnlyList<string> OutputLines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
