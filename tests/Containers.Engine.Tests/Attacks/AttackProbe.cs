using System.Diagnostics;

namespace Containers.Engine.Tests.Attacks;

/// <summary>attack-probe.c, built into a root file system.</summary>
internal static class AttackProbe
{
    /// <summary>Builds the probe; the test is skipped where that cannot be.</summary>
    /// <param name="path">The executable to make.</param>
    /// <param name="is32Bit">Whether for i386.</param>
    public static void Build(string path, bool is32Bit = false)
    {
        try
        {
            (int code, string output) = Tool("gcc", ["-O1", "-static", "-o", path, Path.Combine(AppContext.BaseDirectory, "Attacks", "attack-probe.c"), .. is32Bit ? (string[])["-m32"] : []]);
            Assert.SkipWhen(code != 0, $"gcc cannot build the probe{(is32Bit ? " for i386 (gcc-multilib is missing?)" : string.Empty)}: {output}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("gcc is not installed");
        }
    }

    /// <summary>Runs a program of this machine to its end.</summary>
    public static (int Code, string Output) Tool(string program, params IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }

    /// <summary>Runs a program that must succeed; the test is skipped where it is not installed.</summary>
    public static string Needed(string program, params IEnumerable<string> arguments)
    {
        try
        {
            (int code, string output) = Tool(program, arguments);
            Assert.True(code == 0, $"{program} ended with {code}: {output}");
            return output;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{program} is not installed");
            throw;
        }
    }
}
