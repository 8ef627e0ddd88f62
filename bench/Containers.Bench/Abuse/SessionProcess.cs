using System.Diagnostics;
using System.Globalization;

namespace Containers.Abuse;

/// <summary>A session in a process of its own, from the side of who started it.</summary>
internal sealed class SessionProcess : IDisposable
{
    private readonly Process process;
    private readonly Task reader;
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool isGone;
    private TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts one; it is ready after some tenths of a second.</summary>
    public SessionProcess(AbuseRoots roots, IEnumerable<string> names)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add(typeof(SessionProcess).Assembly.Location);
        }

        start.Environment[AbuseSession.Variable] = string.Join('|', [roots.ConfigurationPath, roots.RootFileSystem, roots.FindingsFile, .. names]);
        process = Process.Start(start)!;
        reader = Task.Run(Read);
    }

    /// <summary>The operation that it was last at.</summary>
    public string Last { get; private set; } = "starting";

    /// <summary>How many operations went well, and how many were refused.</summary>
    public int Done { get; private set; }

    /// <inheritdoc cref="Done"/>
    public int Refused { get; private set; }

    /// <summary>Waits until it is warm.</summary>
    /// <exception cref="InvalidOperationException">It ended, or took a minute.</exception>
    public void AwaitReady()
    {
        if (!ready.Task.Wait(TimeSpan.FromMinutes(1)))
        {
            throw new InvalidOperationException($"A session did not become ready; it was at: {Last}.");
        }
    }

    /// <summary>Lets it work.</summary>
    public void Go(int seed, TimeSpan time)
    {
        done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seed} {(int)time.TotalMilliseconds}"));
        process.StandardInput.Flush();
    }

    /// <summary>Waits until it has done all that it was to do.</summary>
    /// <returns>False where it has not in time.</returns>
    public bool AwaitDone(TimeSpan patience) => done.Task.Wait(patience);

    /// <summary>SIGKILL, and waits until it is gone.</summary>
    public void Kill()
    {
        if (!isGone)
        {
            process.Kill();
            process.WaitForExit();
            isGone = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (isGone)
        {
            return;
        }

        Kill();
        reader.Wait(TimeSpan.FromSeconds(10));
        process.Dispose();
    }

    private void Read()
    {
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line == "ready")
            {
                ready.TrySetResult();
            }
            else if (line.Split(' ') is ["done", var well, var refused])
            {
                (Done, Refused) = (int.Parse(well, CultureInfo.InvariantCulture), int.Parse(refused, CultureInfo.InvariantCulture));
                done.TrySetResult();
            }
            else
            {
                Last = line;
            }
        }

        ready.TrySetException(new InvalidOperationException($"A session ended by itself; it was at: {Last}."));
    }
}
