using System.Diagnostics;
using System.Globalization;

namespace Containers.Bench;

/// <summary>
/// A process that does one run for each byte it is sent, and answers with a line: <c>ok NUMBER</c>, which the most memory that the run took may follow in bytes,
/// or <c>failed REASON</c>.
/// </summary>
internal sealed class Coprocess : IDisposable
{
    /// <summary>The byte that asks for a timed run.</summary>
    internal const char RunRequest = '\n';

    /// <summary>The byte that asks for an idle container; the answer is its monitor's pid.</summary>
    internal const char IdleRequest = 'i';

    private readonly Process process;
    private readonly Task<string> errors;

    internal Coprocess(params string[] arguments)
    {
        process = Command.Start(arguments);
        errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Bytes of memory that the last run took at most, or null where that was not told.</summary>
    internal long? PeakMemory { get; private set; }

    /// <summary>Has one run done.</summary>
    /// <returns>The number of the answer: nanoseconds, or a pid.</returns>
    /// <exception cref="AbsentException">The run failed, or the process ended.</exception>
    internal long Ask(char request = RunRequest)
    {
        string? answer;
        try
        {
            process.StandardInput.Write(request);
            process.StandardInput.Flush();
            answer = process.StandardOutput.ReadLine();
        }
        catch (IOException)
        {
            answer = null;
        }

        if (answer is null)
        {
            process.WaitForExit();
            throw new AbsentException(errors.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "ended unexpectedly");
        }

        if (!answer.StartsWith("ok ", StringComparison.Ordinal))
        {
            throw new AbsentException(answer);
        }

        string[] numbers = answer[3..].Split(' ');
        PeakMemory = numbers.Length > 1 ? long.Parse(numbers[1], CultureInfo.InvariantCulture) : null;
        return long.Parse(numbers[0], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has gone already.
        }

        if (!process.WaitForExit(TimeSpan.FromSeconds(20)))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        process.Dispose();
    }
}
