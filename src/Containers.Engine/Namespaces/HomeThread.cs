using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Containers.Engine.Namespaces;

/// <summary>
/// A thread that stays in the namespaces that this process was started in. As soon as any thread enters others, what must not follow it there is done here: the helper is
/// started, which passes on what it was born into, and the threads of the pool are kept, since one that is missing would be born inside, by whoever wants it.
/// </summary>
internal static class HomeThread
{
    /// <summary>The runtime ends a thread of its pool that has done nothing for 20 seconds.</summary>
    private static readonly TimeSpan Pulse = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly Lock Gate = new();
    private static volatile BlockingCollection<Action>? work;
    private static int inside;

    /// <summary>To be called before a thread enters namespaces: the pool's threads are there, as many as it keeps.</summary>
    public static void Enter()
    {
        lock (Gate)
        {
            if (work is null)
            {
                var queue = new BlockingCollection<Action>();
                new Thread(() => Serve(queue)) { IsBackground = true, Name = "containers-home" }.Start();
                work = queue;
            }
        }

        Interlocked.Increment(ref inside);
        _ = Run(static () =>
        {
            KeepPool();
            return true;
        });
    }

    /// <summary>To be called after a thread has come back.</summary>
    public static void Leave() => Interlocked.Decrement(ref inside);

    /// <summary>Does something there; at once, on the calling thread, as long as nothing was ever entered in this process.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="function">What to do.</param>
    /// <returns>What it gave.</returns>
    public static T Run<T>(Func<T> function)
    {
        if (work is not { } queue)
        {
            return function();
        }

        T result = default!;
        ExceptionDispatchInfo? failure = null;
        using var done = new ManualResetEventSlim();
        queue.Add(() =>
        {
            try
            {
                result = function();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
            finally
            {
                done.Set();
            }
        });
        done.Wait();
        failure?.Throw();
        return result;
    }

    private static void Serve(BlockingCollection<Action> queue)
    {
        while (true)
        {
            if (queue.TryTake(out Action? one, Pulse))
            {
                one();
            }
            else if (Volatile.Read(ref inside) > 0)
            {
                KeepPool();
            }
        }
    }

    /// <summary>Has all threads of the pool meet, so that each has done something; those that are missing are born here.</summary>
    private static void KeepPool()
    {
        ThreadPool.GetMinThreads(out int least, out _);
        var all = new CountdownEvent(least);
        for (int i = 0; i < least; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static met =>
                {
                    met.Signal();
                    met.Wait(Patience);
                },
                all,
                preferLocal: false);
        }

        all.Wait(Patience);
    }
}
