namespace Containers.Commands;

/// <summary>
/// Work on several objects at once, on threads of its own, with the results given back on the pipeline's thread in the order
/// of the objects: stopping fifty containers that ignore the signal takes one timeout, not fifty.
/// </summary>
/// <typeparam name="T">What the work on one object gives.</typeparam>
internal sealed class ParallelWork<T>
{
    // Each waits in the kernel nearly all the time; the bound is for the number of threads.
    private const int AtOnce = 64;

    private readonly Queue<(string Name, Task<T> Work)> _pending = new();
    private readonly SemaphoreSlim _slots = new(AtOnce);

    /// <summary>Begins with one object.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="work">What is done; must end soon after the cmdlet is stopped.</param>
    public void Add(string name, Func<T> work) => _pending.Enqueue((name, Task.Factory.StartNew(
        () =>
        {
            _slots.Wait();
            try
            {
                return work();
            }
            finally
            {
                _slots.Release();
            }
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default)));

    /// <summary>Reports what is finished, up to the first that is not.</summary>
    /// <param name="report">Told the name and how to get the result, which throws what the work threw.</param>
    public void Finished(Action<string, Func<T>> report)
    {
        while (_pending.TryPeek(out var first) && first.Work.IsCompleted)
        {
            ReportNext(report);
        }
    }

    /// <summary>Waits for everything and reports it.</summary>
    /// <param name="report">Told the name and how to get the result, which throws what the work threw.</param>
    public void All(Action<string, Func<T>> report)
    {
        while (_pending.Count > 0)
        {
            ReportNext(report);
        }
    }

    private void ReportNext(Action<string, Func<T>> report)
    {
        var (name, work) = _pending.Dequeue();
        report(name, () => work.GetAwaiter().GetResult());
    }
}
