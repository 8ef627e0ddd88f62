using System.Net;

namespace Containers.Engine.Registry;

/// <summary>When a request is sent again: after a broken connection, and when the server says that it is busy.</summary>
/// <param name="settings">The settings.</param>
internal sealed class RetryPolicy(RegistrySettings settings)
{
    /// <summary>Does something until it succeeds, or another attempt is not worth it.</summary>
    /// <typeparam name="T">What comes of it.</typeparam>
    /// <param name="attempt">What to do; throws <see cref="RegistryConnectionException"/> or <see cref="RegistryBusyException"/> where another attempt may do.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What came of it.</returns>
    /// <exception cref="EngineException">The failure of the last attempt.</exception>
    public T Run<T>(Func<T> attempt, CancellationToken cancellation)
    {
        for (int made = 1; ; made++)
        {
            try
            {
                return attempt();
            }
            catch (RegistryConnectionException failure)
            {
                if (made >= settings.Attempts || !failure.IsTransient)
                {
                    throw failure.Failure;
                }

                Wait(made, null, cancellation);
            }
            catch (RegistryBusyException busy)
            {
                if (made >= settings.Attempts || !MayWait(busy.RetryAfter))
                {
                    throw busy.Failure;
                }

                Wait(made, busy.RetryAfter, cancellation);
            }
        }
    }

    /// <summary>Whether a wait that a server asks for is short enough.</summary>
    /// <param name="asked">The wait; null where none is asked for.</param>
    /// <returns>False where the failure is better told.</returns>
    public bool MayWait(TimeSpan? asked) => !(asked > settings.LongestRetryDelay);

    /// <summary>Waits before the next attempt: twice as long with each, and not all callers at the same moment.</summary>
    /// <param name="made">How many attempts were made.</param>
    /// <param name="asked">What the server asks for.</param>
    /// <param name="cancellation">Ends it.</param>
    public void Wait(int made, TimeSpan? asked, CancellationToken cancellation)
    {
        double most = Math.Min(settings.FirstRetryDelay.TotalMilliseconds * Math.Pow(2, Math.Min(made - 1, 20)), settings.LongestRetryDelay.TotalMilliseconds);
        double wait = Math.Max(most * (0.5 + (Random.Shared.NextDouble() / 2)), asked?.TotalMilliseconds ?? 0);
        if (cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(wait)))
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <summary>Whether a status says that the same may go well a moment later.</summary>
    public static bool IsBusy(HttpStatusCode status) => status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or HttpStatusCode.InternalServerError
        or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
}
