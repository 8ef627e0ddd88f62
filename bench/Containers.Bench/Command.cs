using System.Diagnostics;

namespace Containers.Bench;

/// <summary>Runs programs whose time does not count.</summary>
internal static class Command
{
    /// <summary>The program's path, or the reason why there is none.</summary>
    internal static string Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':')
            .Concat(["/usr/sbin", "/sbin"])
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists) ?? throw new AbsentException($"{program} is not installed");

    /// <summary>Runs a program to its end.</summary>
    /// <returns>Its standard output.</returns>
    /// <exception cref="AbsentException">It failed; the message has its last line of standard error.</exception>
    internal static string Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string? last = errors.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
        return process.ExitCode == 0
            ? output
            : throw new AbsentException($"{Path.GetFileName(arguments[0])} failed with exit code {process.ExitCode}: {last}");
    }

    internal static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(arguments[0], arguments[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
