using Containers.Engine.Namespaces;
using Containers.Engine.Runtime;

namespace Containers.Engine;

/// <content>Namespaces, with and without containers.</content>
public sealed partial class ContainerEngine
{
    /// <summary>The namespaces of the machine: those of processes, those that are mounted, and the ancestors of both.</summary>
    /// <param name="types">The kinds; none for all.</param>
    /// <returns>The namespaces, by kind and number. What another process keeps by an open descriptor alone is not found.</returns>
    public IReadOnlyList<NamespaceInfo> ListNamespaces(params IReadOnlyCollection<NamespaceType> types) => NamespaceReader.Read(
        types.Count == 0 ? NamespaceKinds.All : types,
        [.. List().Where(static one => one is { State: ContainerState.Running, ProcessId: not null }).Select(static one => new NamespaceReader.Owner(one.Id, one.Name, one.ProcessId!.Value))],
        pins.NameAt);

    /// <summary>Makes namespaces that last until they are removed, whatever process is in them.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="cancellation">Undoes what was made so far.</param>
    /// <returns>Their name.</returns>
    /// <exception cref="EngineException">InvalidArgument, AlreadyExists, LaunchFailed, PermissionDenied, Storage.</exception>
    public string CreateNamespaces(NamespaceOptions options, CancellationToken cancellation = default) => new NamespaceCreation(services, pins).Create(options, cancellation);

    /// <summary>Takes pinned namespaces away. Those that processes are in last as long as these, but a pid namespace ends with all its processes.</summary>
    /// <param name="name">Their name.</param>
    /// <param name="force">Whether processes of a pid namespace are killed instead of refused.</param>
    /// <param name="cancellation">Ends the waiting for other changes.</param>
    /// <exception cref="EngineException">NotFound, Busy, Timeout.</exception>
    public void RemoveNamespaces(string name, bool force, CancellationToken cancellation = default)
    {
        if (!force && ListNamespaces(NamespaceType.Pid).FirstOrDefault(one => one.Name == name) is { ProcessIds: [_, var first, ..] processes })
        {
            throw new EngineException(
                EngineErrorReason.Busy, name, $"The pid namespace '{name}' has {processes.Count - 1} process(es), {first} among them, which end with it. Remove it all the same: Remove-Namespace {name} -Force");
        }

        pins.Remove(name, cancellation);
    }

    /// <summary>The names of pinned namespaces, those too that a killed session left half made.</summary>
    /// <returns>The names, each with the kinds that it was to have.</returns>
    public IReadOnlyList<(string Name, IReadOnlyList<NamespaceType> Types)> ListNamespaceNames() =>
        [.. pins.List().Select(static one => (one.Name, (IReadOnlyList<NamespaceType>)[.. NamespaceKinds.All.Where(type => one.Record.Types.Contains(type.FileName()))]))];

    /// <summary>
    /// Enters namespaces with the calling thread, and with what it starts from then on: processes, sockets, threads. Containers are started at home all the same.
    /// </summary>
    /// <param name="targets">Whose namespaces.</param>
    /// <param name="types">The kinds that are meant, of <see cref="ThreadNamespaces.Types"/>; none for those of them that the targets have.</param>
    /// <returns>The way back, for the same thread.</returns>
    /// <exception cref="EngineException">As <see cref="ExecuteInNamespaces"/>; InvalidArgument for a kind that no thread can enter.</exception>
    public ThreadNamespaces EnterNamespaces(IReadOnlyList<NamespaceTarget> targets, IReadOnlyCollection<NamespaceType> types)
    {
        if (types.Except(ThreadNamespaces.Types).Cast<NamespaceType?>().FirstOrDefault() is { } impossible)
        {
            throw new EngineException(
                EngineErrorReason.InvalidArgument, impossible.ToString()!, $"A {impossible} namespace cannot be entered by a session, only by a command of its own.");
        }

        // Found as the machine shows them, before anything else is.
        _ = services.Cgroups;
        using OpenNamespaces namespaces = OpenNamespaces.Open(targets, types, services.Store, pins);
        namespaces.KeepOnly(ThreadNamespaces.Types);
        return ThreadNamespaces.Enter(namespaces);
    }

    /// <summary>The kinds of namespaces that targets have and the calling thread is not in.</summary>
    /// <param name="targets">Whose namespaces.</param>
    /// <param name="types">The kinds that are meant; none for all.</param>
    /// <returns>The kinds.</returns>
    /// <exception cref="EngineException">As <see cref="ExecuteInNamespaces"/>.</exception>
    public IReadOnlyList<NamespaceType> FindNamespaces(IReadOnlyList<NamespaceTarget> targets, IReadOnlyCollection<NamespaceType> types)
    {
        using OpenNamespaces namespaces = OpenNamespaces.Open(targets, types, services.Store, pins);
        return [.. namespaces.Types];
    }

    /// <summary>
    /// Runs a command in namespaces, attached to this session, with the rights of this process: in a container's it is no part of the container, and not bound by what binds
    /// that (<see cref="Execute"/> is).
    /// </summary>
    /// <param name="targets">Whose namespaces; those that are not said, or that this thread is in, stay as they are.</param>
    /// <param name="types">The kinds that are meant; none for all that the targets have.</param>
    /// <param name="options">The command.</param>
    /// <param name="withInput">Whether its standard input is a pipe from this session, instead of empty.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <returns>The running command.</returns>
    /// <exception cref="EngineException">NotFound, Busy, InvalidArgument, PermissionDenied, CommandNotFound, CommandNotExecutable, LaunchFailed.</exception>
    public ForegroundProcess ExecuteInNamespaces(
        IReadOnlyList<NamespaceTarget> targets, IReadOnlyCollection<NamespaceType> types, NamespaceCommandOptions options, bool withInput, CancellationToken cancellation = default)
    {
        using OpenNamespaces namespaces = OpenNamespaces.Open(targets, types, services.Store, pins);
        string place = $"the namespaces of {string.Join(" and ", targets)}";
        return new AttachedExec(null, NamespaceCommand.Start(namespaces, options, place, withInput, cancellation));
    }
}
