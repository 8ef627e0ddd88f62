using System.Globalization;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Runtime;

/// <summary>A wait on a thread of its own, of which the kernel says whether it sleeps.</summary>
public sealed class Waiter
{
    // poll(2), and ppoll(2), which the C library calls where there is no poll: x86-64, arm64.
    private static readonly string[] Polls = ["7", "271", "73"];

    private readonly Task<ContainerSnapshot> task;
    private int thread;

    public Waiter(Func<ContainerSnapshot> wait) => task = Task.Factory.StartNew(
        () =>
        {
            Volatile.Write(ref thread, int.Parse(Path.GetFileName(Files.ReadLink(Files.CurrentFolder, "/proc/thread-self")!), CultureInfo.InvariantCulture));
            return wait();
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>What is waited for, or the error.</summary>
    public Task<ContainerSnapshot> Result => task;

    /// <summary>How often it has gone to sleep so far.</summary>
    public long Sleeps => long.Parse(
        File.ReadLines($"/proc/self/task/{thread}/status").First(line => line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal)).Split('\t')[1],
        CultureInfo.InvariantCulture);

    /// <summary>Waits until it sleeps in poll(2): it has looked, and has not found what it waits for.</summary>
    public void AwaitAsleep() => Assert.True(EngineFixture.Patiently(IsAsleep), $"it does not wait: {task.Status}, {task.Exception?.InnerException?.Message}");

    private bool IsAsleep()
    {
        try
        {
            return Volatile.Read(ref thread) != 0 && !task.IsCompleted && Polls.Contains(File.ReadAllText($"/proc/self/task/{thread}/syscall").Split(' ')[0]);
        }
        catch (IOException)
        {
            // The thread has ended.
            return false;
        }
    }
}
