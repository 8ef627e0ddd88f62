using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine;

/// <content>Restart policies, and the machine's start and end.</content>
public sealed partial class ContainerEngine
{
    // Each waits in the kernel nearly all the time; the bound is for the number of threads.
    private const int StopsAtOnce = 64;

    /// <summary>
    /// Whether a container is started after the machine's start: with the policy always; with unless-stopped where the user had not stopped it; with on-failure where it had
    /// failed, may be started again as often, and the user had not stopped it. Never one that runs or was never started.
    /// </summary>
    /// <param name="id">Its id.</param>
    /// <returns>Whether it is.</returns>
    public bool IsForStartup(string id) => restart.IsForStartup(id);

    /// <summary>Starts a container as after the machine's start, if <see cref="IsForStartup"/> says so.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellation">Ends the start; the container is left as it was.</param>
    /// <returns>The container; null where it is not one to be started (any more).</returns>
    /// <exception cref="EngineException">As <see cref="Start"/>.</exception>
    public ContainerSnapshot? StartByPolicy(string id, CancellationToken cancellation = default) => restart.StartByPolicy(id, cancellation);

    /// <summary>Starts all containers that are to be started after the machine's start, oldest first.</summary>
    /// <param name="failed">Told of each that could not be.</param>
    /// <param name="cancellation">Ends it.</param>
    public void StartAllByPolicy(Action<ContainerSnapshot, EngineException> failed, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(failed);
        foreach (ContainerSnapshot container in List())
        {
            Attempt(container, () => StartByPolicy(container.Id, cancellation), failed);
        }
    }

    /// <summary>
    /// Stops all running containers at once, as at the machine's end: their restart policies start them no more, until the machine's next start or until they are started.
    /// </summary>
    /// <param name="failed">Told, by whatever thread, of each that could not be stopped.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public void StopAll(Action<ContainerSnapshot, EngineException> failed, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(failed);
        ParallelWork.Run(
            [.. List().Where(container => container.State is ContainerState.Running or ContainerState.Restarting)],
            StopsAtOnce,
            (container, ending) => Attempt(container, () => end.Stop(container.Id, signal: null, StopTimeout(container.Options), StopCause.Machine, ending), failed),
            cancellation);
    }

    /// <summary>The unit of systemd that starts this engine's containers with the machine and stops them before its end.</summary>
    /// <returns>The unit.</returns>
    /// <exception cref="EngineException">NotSupported: the program that it runs is not beside the engine.</exception>
    public StartupUnit GetStartupUnit() => StartupUnit.Make(services);

    private TimeSpan StopTimeout(ContainerOptions? options) => options?.StopTimeout ?? TimeSpan.FromSeconds(services.Configuration.Runtime.StopTimeout);

    private static void Attempt(ContainerSnapshot container, Func<ContainerSnapshot?> work, Action<ContainerSnapshot, EngineException> failed)
    {
        try
        {
            _ = work();
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.NotFound && e.Subject == container.Id)
        {
            // Another session removed it meanwhile.
        }
        catch (EngineException e) when (e.Reason != EngineErrorReason.Canceled)
        {
            failed(container, e);
        }
        catch (KernelException e)
        {
            // The others are not to be kept from it.
            failed(container, new EngineException(EngineErrorReason.Internal, container.Name, e.Message, e));
        }
    }
}
