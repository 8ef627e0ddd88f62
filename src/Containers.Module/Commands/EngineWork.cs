namespace Containers.Commands;

/// <summary>Work of the engine on a thread of its own, since only the pipeline's thread may write progress and output.</summary>
/// <typeparam name="T">What it gives.</typeparam>
internal sealed class EngineWork<T>
{
    /// <summary>How long to wait between two looks at the progress.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly Task<T> _task;

    /// <summary>Begins.</summary>
    /// <param name="work">The work; must end soon after the cmdlet is stopped.</param>
    public EngineWork(Func<T> work) =>
        _task = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Whether it has ended, well or not.</summary>
    public bool IsOver => _task.IsCompleted;

    /// <summary>Waits for the end, whatever it is.</summary>
    /// <param name="waiting">Called now and then meanwhile.</param>
    public void Wait(Action waiting)
    {
        try
        {
            while (!((IAsyncResult)_task).AsyncWaitHandle.WaitOne(Interval))
            {
                waiting();
            }
        }
        finally
        {
            // Where Ctrl-C ended the display, nothing may be closed under the work, which ends at once by itself.
            ((IAsyncResult)_task).AsyncWaitHandle.WaitOne();
        }
    }

    /// <summary>What it gave; throws what it threw.</summary>
    /// <returns>The result.</returns>
    public T Result() => _task.GetAwaiter().GetResult();
}
