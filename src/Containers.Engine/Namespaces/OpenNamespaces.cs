using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Namespaces;

/// <summary>Namespaces that were opened to be joined; the calling thread is in none of them yet.</summary>
internal sealed class OpenNamespaces : IDisposable
{
    private readonly Dictionary<NamespaceType, (FileDescriptor File, ulong Id, NamespaceTarget Target)> files = [];

    /// <summary>Their kinds.</summary>
    public IEnumerable<NamespaceType> Types => files.Keys.Order();

    /// <summary>One of them.</summary>
    /// <param name="type">Its kind.</param>
    /// <returns>Its file.</returns>
    public FileDescriptor this[NamespaceType type] => files[type].File;

    /// <summary>The number of one of them.</summary>
    /// <param name="type">Its kind.</param>
    /// <returns>The number.</returns>
    public ulong IdOf(NamespaceType type) => files[type].Id;

    /// <summary>Opens them.</summary>
    /// <param name="targets">Whose.</param>
    /// <param name="types">The kinds that are wanted; none for all.</param>
    /// <param name="store">The containers.</param>
    /// <param name="pins">The pinned ones.</param>
    /// <returns>The namespaces, without those that the calling thread is in.</returns>
    /// <exception cref="EngineException">NotFound, Busy (a container does not run), InvalidArgument (two of one kind; none of a kind), PermissionDenied.</exception>
    public static OpenNamespaces Open(IEnumerable<NamespaceTarget> targets, IReadOnlyCollection<NamespaceType> types, ContainerStore store, NamespacePins pins)
    {
        var opened = new OpenNamespaces();
        try
        {
            foreach (NamespaceTarget target in targets)
            {
                opened.Add(target, types, store, pins);
            }

            NamespaceType? missing = types.Where(type => !opened.files.ContainsKey(type)).Cast<NamespaceType?>().FirstOrDefault();
            if (missing is { } type)
            {
                throw new EngineException(EngineErrorReason.InvalidArgument, type.ToString(), $"{string.Join(" and ", targets)} gives no {type} namespace.");
            }

            opened.DropCurrent();
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Closes all but some kinds.</summary>
    /// <param name="types">The kinds to keep.</param>
    public void KeepOnly(IEnumerable<NamespaceType> types)
    {
        foreach (NamespaceType type in files.Keys.Except(types).ToArray())
        {
            files[type].File.Dispose();
            files.Remove(type);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((FileDescriptor file, ulong _, NamespaceTarget _) in files.Values)
        {
            file.Dispose();
        }
    }

    private void Add(NamespaceTarget target, IReadOnlyCollection<NamespaceType> types, ContainerStore store, NamespacePins pins)
    {
        switch (target)
        {
            case NamespaceTarget.OfProcess { ProcessId: var pid }:
                AddProcess(target, pid, types, null);
                break;
            case NamespaceTarget.OfRunningContainer { NameOrId: var container }:
                AddContainer(target, container, types, store);
                break;
            case NamespaceTarget.OfName { Name: var name }:
                AddPinned(target, name, types, pins);
                break;
            case NamespaceTarget.OfNumber { Type: var type, Id: var id }:
                if (types.Count == 0 || types.Contains(type))
                {
                    Take(target, type, FindNumber(type, id));
                }

                break;
            case NamespaceTarget.OfFile { Path: var path }:
                AddFile(target, path, types);
                break;
        }
    }

    private void AddContainer(NamespaceTarget target, string nameOrId, IReadOnlyCollection<NamespaceType> types, ContainerStore store)
    {
        ContainerRecords records = store.Records.ReadLaunched(store.FindId(nameOrId), CancellationToken.None);
        using FileDescriptor? process = records.TryOpenFirstProcess();
        if (process is null)
        {
            throw new EngineException(
                EngineErrorReason.NotRunning, nameOrId, $"The container '{nameOrId}' is not running, so that it has no namespaces. Start it first: Start-Container {nameOrId}");
        }

        AddProcess(target, records.Running!.Pid, types, process);
    }

    /// <summary>All by one descriptor of the process's folder, so that they are of one process.</summary>
    private void AddProcess(NamespaceTarget target, int pid, IReadOnlyCollection<NamespaceType> types, FileDescriptor? process)
    {
        using FileDescriptor? folder = Files.TryOpen(Files.CurrentFolder, $"/proc/{pid}/ns", LibC.O_PATH | LibC.O_DIRECTORY, 0, out _);
        bool isThere = folder is not null;
        foreach (NamespaceType type in isThere ? NamespaceKinds.All.Where(type => types.Count == 0 || types.Contains(type)) : [])
        {
            if (Files.TryOpen(folder!.Number, type.FileName(), LibC.O_RDONLY, 0, out Errno errno) is { } file)
            {
                Take(target, type, file);
            }
            else
            {
                // ENOENT also where this kernel has no such kind.
                isThere &= errno != Errno.ESRCH;
                if (errno is Errno.EACCES or Errno.EPERM)
                {
                    throw new EngineException(EngineErrorReason.PermissionDenied, target.ToString(), $"The namespaces of {target} cannot be opened: it is another user's, or may not be traced by this one.");
                }
            }
        }

        if (!isThere || (process is not null && Pidfd.TrySignal(process, 0) != Errno.None))
        {
            throw new EngineException(EngineErrorReason.NotFound, target.ToString(), $"There is no process of the number {pid} (any more).");
        }
    }

    private void AddPinned(NamespaceTarget target, string name, IReadOnlyCollection<NamespaceType> types, NamespacePins pins)
    {
        if (pins.List().Where(one => one.Name == name).Select(one => one.Record).FirstOrDefault() is not { } record)
        {
            throw NamespacePins.NotFound(name);
        }

        foreach (NamespaceType type in NamespaceKinds.All.Where(type => record.Types.Contains(type.FileName()) && (types.Count == 0 || types.Contains(type))))
        {
            string path = $"{pins.Folder}/{name}/{type.FileName()}";
            FileDescriptor? file = Files.TryOpen(Files.CurrentFolder, path, LibC.O_RDONLY | LibC.O_NOFOLLOW, 0, out _);
            if (file is null || NamespaceKinds.OfFlag(NamespaceFiles.TypeOf(file)) != type)
            {
                file?.Dispose();
                throw new EngineException(EngineErrorReason.NotFound, name, $"The {type} namespace of '{name}' was never made whole, or is gone. Remove the rest: Remove-Namespace {name}");
            }

            Take(target, type, file);
        }
    }

    private static FileDescriptor FindNumber(NamespaceType type, ulong id)
    {
        IEnumerable<string> mounted = NamespaceReader.Mounts().Where(mount => NamespaceKinds.Parse(mount.Root) == (type, id)).Select(static mount => mount.Path);
        IEnumerable<string> lived = Directory.EnumerateDirectories("/proc").Where(static path => char.IsAsciiDigit(path["/proc/".Length])).Select(path => $"{path}/ns/{type.FileName()}");
        foreach (string path in mounted.Concat(lived))
        {
            FileDescriptor? file = Files.TryOpen(Files.CurrentFolder, path, LibC.O_RDONLY | LibC.O_NONBLOCK, 0, out _);
            if (file is not null && Files.TryStat(file.Number, string.Empty, follow: true, out FileStatus status) == Errno.None && status.Inode == id
                && NamespaceKinds.OfFlag(NamespaceFiles.TypeOf(file)) == type)
            {
                return file;
            }

            file?.Dispose();
        }

        throw new EngineException(EngineErrorReason.NotFound, id.ToString(System.Globalization.CultureInfo.InvariantCulture), $"No process is in a {type} namespace {id} (any more), and it is mounted nowhere.");
    }

    private void AddFile(NamespaceTarget target, string path, IReadOnlyCollection<NamespaceType> types)
    {
        FileDescriptor file = Files.TryOpen(Files.CurrentFolder, path, LibC.O_RDONLY | LibC.O_NONBLOCK, 0, out Errno errno)
            ?? throw new EngineException(
                errno is Errno.EACCES or Errno.EPERM ? EngineErrorReason.PermissionDenied : EngineErrorReason.NotFound, path, $"The namespace {target} cannot be opened: {KernelException.Describe(errno)}.");
        if (NamespaceKinds.OfFlag(NamespaceFiles.TypeOf(file)) is not { } type)
        {
            file.Dispose();
            throw new EngineException(EngineErrorReason.InvalidArgument, path, $"'{path}' is no namespace. It may have been one that is not mounted any more.");
        }

        if (types.Count > 0 && !types.Contains(type))
        {
            file.Dispose();
            return;
        }

        Take(target, type, file);
    }

    private void Take(NamespaceTarget target, NamespaceType type, FileDescriptor file)
    {
        ulong id = Files.TryStat(file.Number, string.Empty, follow: true, out FileStatus status) == Errno.None ? status.Inode : 0;
        if (!files.TryGetValue(type, out var other))
        {
            files.Add(type, (file, id, target));
            return;
        }

        file.Dispose();
        if (other.Id != id)
        {
            throw new EngineException(
                EngineErrorReason.InvalidArgument, type.ToString(), $"{other.Target} and {target} have each a {type} namespace, and nothing can be in both. Say which kinds are meant with -Type.");
        }
    }

    /// <summary>setns(2) refuses the user namespace that one is in, and the others would change nothing.</summary>
    private void DropCurrent()
    {
        foreach (NamespaceType type in files.Keys.ToArray())
        {
            if (Files.TryStat(Files.CurrentFolder, $"/proc/thread-self/ns/{type.FileName()}", follow: true, out FileStatus own) == Errno.None && own.Inode == files[type].Id)
            {
                files[type].File.Dispose();
                files.Remove(type);
            }
        }
    }
}
