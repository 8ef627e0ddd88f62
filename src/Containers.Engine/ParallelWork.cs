using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace Containers.Engine;

/// <summary>Work that several threads share: what fails first ends the others, and is what is told.</summary>
internal static class ParallelWork
{
    /// <summary>Works on items, in their order, each once.</summary>
    /// <typeparam name="T">What an item is.</typeparam>
    /// <param name="items">The items.</param>
    /// <param name="threads">How many threads, each of its own for all the time, at most.</param>
    /// <param name="work">Works on one; the token ends it.</param>
    /// <param name="cancellation">Ends everything.</param>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Handed to the caller's thread.")]
    public static void Run<T>(IReadOnlyList<T> items, int threads, Action<T, CancellationToken> work, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Exception? first = null;
        int next = -1;
        var workers = new Task[Math.Min(threads, items.Count)];
        for (int i = 0; i < workers.Length; i++)
        {
            workers[i] = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        Task.WaitAll(workers, CancellationToken.None);
        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        cancellation.ThrowIfCancellationRequested();

        void Work()
        {
            int mine;
            while (!ending.IsCancellationRequested && (mine = Interlocked.Increment(ref next)) < items.Count)
            {
                try
                {
                    work(items[mine], ending.Token);
                }
                catch (Exception failure)
                {
                    Interlocked.CompareExchange(ref first, failure, null);
                    ending.Cancel();
                }
            }
        }
    }
}
