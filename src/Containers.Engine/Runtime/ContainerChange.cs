using Containers.Engine.Cgroups;
using Containers.Engine.Events;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <summary>Changes containers that are there: suspends and resumes them, names them anew.</summary>
/// <param name="services">The engine's.</param>
/// <param name="observer">Tells states.</param>
internal sealed class ContainerChange(EngineServices services, ContainerObserver observer)
{
    /// <summary>Keeps all processes of a running container from running.</summary>
    public ContainerSnapshot Suspend(string id, CancellationToken cancellation) => SetPaused(id, isPaused: true, cancellation);

    /// <summary>Lets a suspended container go on.</summary>
    public ContainerSnapshot Resume(string id, CancellationToken cancellation) => SetPaused(id, isPaused: false, cancellation);

    /// <summary>
    /// Gives a container another name. The new one is claimed first and the old one given up last: who dies on the way leaves a container that is found by either.
    /// </summary>
    public ContainerSnapshot Rename(string id, string name, CancellationToken cancellation)
    {
        if (!ContainerNameFolder.IsName(name))
        {
            throw ContainerOptionsCheck.InvalidName(name);
        }

        using ContainerLock held = services.Store.Lock(id, cancellation);
        ContainerDocument document = services.Store.Records.Read(id).Document ?? throw ContainerStore.NotFound(id);
        if (document.Name == name)
        {
            services.Store.Names.KeepOnly(id, name);
            throw ContainerOptionsCheck.Invalid(name, $"The container is called '{name}' already.");
        }

        // Where it is claimed already, a session died before the rest.
        if (services.Store.Names.Find(name) != id)
        {
            services.Store.Names.Claim(name, id);
        }

        try
        {
            services.Store.Records.Write(document with { Name = name, Options = document.Options with { Name = name } });
        }
        catch
        {
            services.Store.Names.GiveUp(name, id);
            throw;
        }

        services.Store.Names.KeepOnly(id, name);
        services.Events.Write(EventAction.Rename, document with { Name = name }, ("oldName", document.Name));
        return observer.Observe(id) ?? throw ContainerStore.NotFound(name);
    }

    private ContainerSnapshot SetPaused(string id, bool isPaused, CancellationToken cancellation)
    {
        using ContainerLock held = services.Store.Lock(id, cancellation);
        ContainerSnapshot container = observer.Observe(id) ?? throw ContainerStore.NotFound(id);
        using ContainerCgroup? cgroup = container.State == ContainerState.Running ? services.Cgroups.Open(id) : null;
        if (cgroup is null)
        {
            throw new EngineException(EngineErrorReason.NotRunning, container.Name, $"The container '{container.Name}' is not running, so that it can be neither suspended nor resumed. Start it first: Start-Container {container.Name}");
        }

        if (container.IsPaused == isPaused)
        {
            throw new EngineException(EngineErrorReason.Busy, container.Name, $"The container '{container.Name}' is {(isPaused ? "suspended already" : "not suspended")}.");
        }

        try
        {
            Set(cgroup, isPaused);
        }
        catch (Exception e) when (((e as EngineException)?.Errno ?? (e as KernelException)?.Errno) is Errno.ENOENT or Errno.ENODEV)
        {
            throw new EngineException(EngineErrorReason.NotRunning, container.Name, $"The container '{container.Name}' has ended meanwhile.", e);
        }

        if (services.Store.Records.Read(id).Document is { } document)
        {
            services.Events.Write(isPaused ? EventAction.Pause : EventAction.Unpause, document);
        }

        return observer.Observe(id) ?? container;
    }

    /// <summary>All of its processes or none: one that waits for a device may be one that cannot be stopped.</summary>
    private static void Set(ContainerCgroup cgroup, bool isPaused)
    {
        if (!isPaused)
        {
            cgroup.Thaw();
            return;
        }

        try
        {
            cgroup.Freeze();
        }
        catch
        {
            cgroup.ThawIfFrozen();
            throw;
        }
    }
}
