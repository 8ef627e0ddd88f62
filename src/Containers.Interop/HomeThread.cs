using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Containers.Interop;

/// <summary>
/// A thread that stays in the namespaces that this process was started in. As soon as any thread enters others, what must not follow it there (the helper, which passes on
/// what it was born into) is done here.
/// </summary>
public static class HomeThread
{
    private static readonly Lock Gate = new();
    private static volatile BlockingCollection<Action>? work;

    /// <summary>Starts it; to be called by a thread that has entered nothing yet. Later calls do nothing.</summary>
    public static void Start()
    {
        lock (Gate)
        {
            if (work is not null)
            {
                return;
            }

            var queue = new BlockingCollection<Action>();
            var thread = new Thread(() =>
            {
                foreach (Action one in queue.GetConsumingEnumerable())
                {
                    one();
                }
            })
            {
                IsBackground = true, Name = "containers-home",
            };
            thread.Start();
            work = queue;
        }
    }

    /// <summary>Does something there; at once, on the calling thread, as long as nothing was entered in this process.</summary>
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
}
