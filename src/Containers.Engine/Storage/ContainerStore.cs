using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Containers.Engine.Health;
using Containers.Engine.Runtime;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// The containers' files. A container is
/// <list type="bullet">
/// <item><c>RUNTIME/containers/ID/</c>: made first and removed last, so that every other trace has a finder; locked by whoever changes the container.</item>
/// <item><c>attach</c> in it: the socket of a running container's monitor, where sessions attach.</item>
/// <item><c>STATE/containers/ID/</c>: its writable layer and its log.</item>
/// <item><c>container.json</c>, <c>running.json</c>, <c>exit.json</c>, <c>health.json</c>, <c>restart.json</c>, <c>stopped</c>: in the state folder, or, of a container that goes at its end, in the runtime folder.</item>
/// <item><c>STATE/names/NAME</c>: a symbolic link that says the id; whoever makes it has the name.</item>
/// </list>
/// Readers take no lock.
/// </summary>
internal sealed class ContainerStore : IDisposable
{
    private const int OwnerOnly = 0x1c0;
    private static readonly TimeSpan PatienceWithStart = TimeSpan.FromSeconds(10);
    private const string DocumentName = "container.json", RunningName = "running.json", ExitName = "exit.json", RestartName = "restart.json", StoppedName = "stopped",
        HealthName = "health.json", HealthLockName = "health.lock";

    /// <summary>What the file of a container says that was stopped with the machine.</summary>
    private static readonly byte[] WithMachine = "machine"u8.ToArray();

    private readonly FileDescriptor state;
    private readonly FileDescriptor runtime;
    private readonly FileDescriptor names;

    public ContainerStore(StorageRoots roots)
    {
        state = StoreFolder.OpenRoot(Path.Combine(roots.StateRoot, "containers"));
        runtime = StoreFolder.OpenRoot(Path.Combine(roots.RuntimeRoot, "containers"));
        names = StoreFolder.OpenRoot(Path.Combine(roots.StateRoot, "names"));
        _ = Files.TryStat(state.Number, string.Empty, follow: false, out FileStatus status);
        Identity = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{status.Device}:{status.Inode}");
        StoreSeal.Set(state, names);
    }

    /// <summary>What tells this store from every other one of this machine, by whatever paths they are reached: device and inode of its folder.</summary>
    public string Identity { get; }

    /// <summary>Whether the store's folders belong together; not where a file system is not mounted on which some of them lie.</summary>
    public bool IsWhole => StoreSeal.IsWhole(state, names, runtime);

    /// <summary>Makes a container's runtime folder and locks it: from now on it can be found and undone.</summary>
    public ContainerLock Claim(string id)
    {
        StoreSeal.SetRuntime(runtime, state);
        if (!Files.MakeFolder(runtime.Number, id, OwnerOnly))
        {
            throw new EngineException(EngineErrorReason.AlreadyExists, id, $"A container with the id '{id}' is there already.");
        }

        while (true)
        {
            if (TryLock(id) is { } taken)
            {
                return taken;
            }

            // An observer takes the lock for a moment to learn whether the container's maker lives. One who repairs may take the unlocked folder for that of
            // a dead session and remove it.
            Thread.Sleep(1);
            _ = Files.MakeFolder(runtime.Number, id, OwnerOnly);
        }
    }

    /// <summary>Locks a container against every other session and thread; waits for the present holder.</summary>
    /// <exception cref="EngineException">NotFound: there is no such container (any more).</exception>
    public ContainerLock Lock(string id, CancellationToken cancellation)
    {
        for (int wait = 1; ; wait = Math.Min(wait * 2, 20))
        {
            cancellation.ThrowIfCancellationRequested();
            if (!Exists(id))
            {
                throw NotFound(id);
            }

            bool isMade = MakeClaim(id);
            if (TryLock(id) is { } taken)
            {
                if (!isMade || IsThere(state, id))
                {
                    return taken;
                }

                // No reboot: another session removed the container since the look at it.
                _ = Files.TryRemove(runtime.Number, id, isFolder: true);
                taken.Dispose();
                throw NotFound(id);
            }

            _ = cancellation.WaitHandle.WaitOne(wait);
        }
    }

    /// <summary>As <see cref="TryLock"/>, where a kept container may have no runtime folder after a reboot.</summary>
    public ContainerLock? TryLockAnew(string id)
    {
        if (!IsClaimed(id) && IsThere(state, id))
        {
            _ = MakeClaim(id);
        }

        return TryLock(id);
    }

    /// <summary>Locks a container if nobody else has it locked.</summary>
    /// <returns>The lock; null where another has it, or where the container is gone.</returns>
    public ContainerLock? TryLock(string id)
    {
        FileDescriptor? folder = Files.TryOpen(runtime.Number, id, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out Errno errno);
        if (folder is null)
        {
            return errno == Errno.ENOENT ? null : throw new KernelException(errno, "opening the container's folder", id);
        }

        // A folder removed while this waited has no link left: its lock protects nothing.
        if (Files.Lock(folder, wait: false, id)
            && Files.TryStat(folder.Number, string.Empty, follow: false, out FileStatus status) == Errno.None && status.Links > 0)
        {
            return new ContainerLock(id, folder);
        }

        folder.Dispose();
        return null;
    }

    /// <summary>Whether anything of the container is there.</summary>
    public bool Exists(string id) => IsThere(runtime, id) || IsThere(state, id);

    /// <summary>Makes the runtime folder that a kept container has not after a reboot.</summary>
    /// <returns>False where it is there.</returns>
    private bool MakeClaim(string id)
    {
        StoreSeal.SetRuntime(runtime, state);
        return Files.MakeFolder(runtime.Number, id, OwnerOnly);
    }

    /// <summary>Gives a container its name.</summary>
    /// <exception cref="EngineException">AlreadyExists.</exception>
    public void ClaimName(string name, string id)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                Files.MakeSymlink(id, names.Number, name);
                return;
            }
            catch (KernelException e) when (e.Errno == Errno.EEXIST)
            {
                string? holder = HolderOf(name);
                if (attempt > 2 || (holder is not null && Exists(holder)))
                {
                    throw new EngineException(
                        EngineErrorReason.AlreadyExists, name,
                        $"The name '{name}' is taken by the container {Short(holder)}. Remove that one (Remove-Container {name}) or choose another name.");
                }

                DropStaleName(name);
            }
        }
    }

    /// <summary>Gives a container's name up.</summary>
    public void GiveUpName(string name, string id)
    {
        if (HolderOf(name) == id)
        {
            _ = Files.Remove(names.Number, name);
        }
    }

    /// <summary>Gives up every name of a container but one.</summary>
    public void KeepOnlyName(string id, string name)
    {
        foreach ((string Name, string Id) other in Names().Where(own => own.Id == id && own.Name != name))
        {
            GiveUpName(other.Name, id);
        }
    }

    /// <summary>All names, with the ids that they say; those of containers that are gone too.</summary>
    public IReadOnlyList<(string Name, string Id)> Names()
    {
        using FileDescriptor folder = Files.Open(names.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
        var listing = new FolderListing(folder, "names");
        var found = new List<(string, string)>();
        while (listing.Next(out ReadOnlySpan<byte> entry, out _))
        {
            string name = System.Text.Encoding.UTF8.GetString(entry);
            if (HolderOf(name) is { } id)
            {
                found.Add((name, id));
            }
        }

        return found;
    }

    /// <summary>Gives up a name whose container is gone.</summary>
    /// <returns>False where it is not (any more) such a name.</returns>
    public bool DropStaleName(string name)
    {
        using FileDescriptor folder = Files.Open(names.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
        _ = Files.Lock(folder, wait: true, "names");
        return HolderOf(name) is { } holder && !Exists(holder) && Files.Remove(names.Number, name);
    }

    /// <summary>The id of the container of that name, or null.</summary>
    public string? FindByName(string name) => IsName(name) && HolderOf(name) is { } id && Exists(id) ? id : null;

    /// <summary>The id of the container of that exact name, exact id, or unambiguous prefix of an id.</summary>
    /// <exception cref="EngineException">NotFound or Ambiguous.</exception>
    public string FindId(string nameOrId) => FindByName(nameOrId) ?? FindByPrefix(nameOrId);

    /// <summary>The ids of all containers, whole or not.</summary>
    public IReadOnlyCollection<string> Ids()
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (FileDescriptor folder in (ReadOnlySpan<FileDescriptor>)[runtime, state])
        {
            using FileDescriptor own = Files.Open(folder.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
            var listing = new FolderListing(own, "containers");
            while (listing.Next(out ReadOnlySpan<byte> name, out _))
            {
                string id = System.Text.Encoding.UTF8.GetString(name);
                if (IsId(id))
                {
                    _ = ids.Add(id);
                }
            }
        }

        return ids;
    }

    /// <summary>Makes the folder of the log and, for an overlay, of the writable layer.</summary>
    public void MakeStateFolder(string id, bool hasLayer)
    {
        _ = Files.MakeFolder(state.Number, id, OwnerOnly);
        if (hasLayer)
        {
            _ = Files.MakeFolder(state.Number, $"{id}/upper", 0x1ed);

            // It is the container's root, whose mode is not for the session's umask to say.
            using FileDescriptor upper = Files.Open(state.Number, $"{id}/upper", LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW);
            if (FileContent.TryChmod(upper, 0x1ed) is var errno and not Errno.None)
            {
                throw new KernelException(errno, "setting the mode of the writable layer of", id);
            }

            _ = Files.MakeFolder(state.Number, $"{id}/work", OwnerOnly);
        }
    }

    /// <summary>The folder of the writable layer and the log, or null.</summary>
    public FileDescriptor? OpenStateFolder(string id) => Files.TryOpen(state.Number, id, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out _);

    /// <summary>The folder of the document and the records.</summary>
    public FileDescriptor OpenRecordsFolder(string id, bool isKept) =>
        Files.Open((isKept ? state : runtime).Number, id, LibC.O_RDONLY | LibC.O_DIRECTORY);

    /// <summary>Writes a container's document: it is whole from here on.</summary>
    public void Write(ContainerDocument document) =>
        Write(document, DocumentName, JsonSerializer.SerializeToUtf8Bytes(document, ContainerJson.Default.ContainerDocument), durable: !document.Options.RemoveOnExit);

    /// <summary>Writes again how a container ended, or that its end is not known, after a start that failed.</summary>
    public void Restore(ContainerRecords before)
    {
        if (before is { Document: { } document, Exit: { } exit })
        {
            Write(document, ExitName, JsonSerializer.SerializeToUtf8Bytes(exit, ContainerJson.Default.ExitRecord), durable: false);
        }
        else if (before is { Document: { } lost, Running: { } running })
        {
            Write(lost, RunningName, JsonSerializer.SerializeToUtf8Bytes(running, ContainerJson.Default.RunningRecord), durable: false);
        }
    }

    /// <summary>Writes the record of a container's restarts.</summary>
    public void Write(ContainerDocument document, RestartRecord restart) =>
        Write(document, RestartName, JsonSerializer.SerializeToUtf8Bytes(restart, ContainerJson.Default.RestartRecord), durable: false);

    /// <summary>Removes the record of restarts of a container that has no policy (any more).</summary>
    public void ForgetRestarts(string id) => _ = Files.TryRemove(state.Number, $"{id}/{RestartName}", isFolder: false);

    /// <summary>Says that a kept container was stopped, so that its restart policy does not start it again.</summary>
    public void MarkStopped(string id, StopCause cause)
    {
        if (cause == StopCause.User)
        {
            using FileDescriptor? file = Files.TryOpen(
                state.Number, $"{id}/{StoppedName}", LibC.O_WRONLY | LibC.O_CREAT | LibC.O_NOFOLLOW | LibC.O_TRUNC, 0x180, out Errno errno);
            if (file is null && errno != Errno.ENOENT)
            {
                throw new KernelException(errno, "noting that the container is stopped:", id);
            }
        }
        else if (OpenStateFolder(id) is { } folder)
        {
            using (folder)
            {
                // What the user has said before holds at the machine's end too.
                if (!IsThere(folder, StoppedName))
                {
                    AtomicDocument.Write(folder.Number, StoppedName, WithMachine, durable: false);
                }
            }
        }
    }

    /// <summary>Whether somebody has stopped a kept container since its last start, whatever its restart policy.</summary>
    public bool IsStopped(string id) => IsThere(state, $"{id}/{StoppedName}");

    /// <summary>Takes back that a container was stopped.</summary>
    /// <returns>Whether it was.</returns>
    public bool ClearStopped(string id) => Files.TryRemove(state.Number, $"{id}/{StoppedName}", isFolder: false) == Errno.None;

    /// <summary>Reads what is known of a container.</summary>
    public ContainerRecords Read(string id)
    {
        // The document is in one of two folders; the records lie beside it.
        foreach (FileDescriptor folder in (ReadOnlySpan<FileDescriptor>)[runtime, state])
        {
            if (Read(folder, $"{id}/{DocumentName}", ContainerJson.Default.ContainerDocument) is { } document)
            {
                // The record of restarts first: where it names nobody that waits, what follows is no older than that.
                RestartRecord? restart = document.Options.RestartPolicy.Mode == RestartMode.No ? null : ReadRestart(folder, id);
                return new ContainerRecords(document, ReadRunning(folder, id), ReadExit(folder, id))
                {
                    Restart = restart, Stopped = restart is null ? null : ReadStopped(folder, id),
                };
            }
        }

        return new ContainerRecords(null, null, null);
    }

    /// <summary>
    /// As <see cref="Read(string)"/>, of a container that is about to be joined or looked into: waits until a first process that lives executes the command. Before, it has the
    /// host's root.
    /// </summary>
    /// <exception cref="EngineException">Busy: its start does not come to an end.</exception>
    public ContainerRecords ReadLaunched(string id, CancellationToken cancellation)
    {
        long deadline = Environment.TickCount64 + (long)PatienceWithStart.TotalMilliseconds;
        while (true)
        {
            ContainerRecords records = Read(id);
            if (records is not { Exit: null, Running: { Launched: 0 } running } || !ContainerObserver.FirstProcess(running).IsAlive)
            {
                return records;
            }

            if (Environment.TickCount64 > deadline)
            {
                string name = records.Document?.Name ?? id[..12];
                throw new EngineException(EngineErrorReason.Busy, name, $"The container '{name}' is still being started, after {PatienceWithStart.TotalSeconds} s: nothing can join it yet.");
            }

            cancellation.ThrowIfCancellationRequested();
            Thread.Sleep(1);
        }
    }

    /// <summary>Forgets which process a container was and how it ended, before it is started.</summary>
    public static void ClearRecords(FileDescriptor recordsFolder)
    {
        _ = Files.Remove(recordsFolder.Number, RunningName);
        _ = Files.Remove(recordsFolder.Number, ExitName);
        _ = Files.TryRemove(recordsFolder.Number, HealthName, isFolder: false);
    }

    /// <summary>Waits for the right to change the record of a container's health, which is held until the lock is disposed.</summary>
    /// <exception cref="EngineException">NotFound: the container was removed.</exception>
    public FileDescriptor LockHealth(string id)
    {
        FileDescriptor file = Files.TryOpen(runtime.Number, $"{id}/{HealthLockName}", LibC.O_RDONLY | LibC.O_CREAT | LibC.O_NOFOLLOW, 0x180, out Errno errno)
            ?? throw (errno == Errno.ENOENT ? NotFound(id) : new KernelException(errno, "opening the lock of the health of", id));
        _ = Files.Lock(file, wait: true, id);
        return file;
    }

    /// <summary>Reads what the checks of a container's life have found.</summary>
    public HealthRecord ReadHealth(ContainerDocument document, RunningRecord life)
    {
        FileDescriptor folder = document.Options.RemoveOnExit ? runtime : state;
        try
        {
            return Read(folder, $"{document.Id}/{HealthName}", ContainerJson.Default.HealthRecord) is { } record && record.IsOf(life) ? record : HealthRecord.Of(life);
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Storage)
        {
            // Not fsynced, as the monitor's records.
            return HealthRecord.Of(life);
        }
    }

    /// <summary>Writes what the checks of a container's life have found.</summary>
    public void WriteHealth(ContainerDocument document, HealthRecord health) =>
        Write(document, HealthName, JsonSerializer.SerializeToUtf8Bytes(health, ContainerJson.Default.HealthRecord), durable: false);

    /// <summary>Connects to a running container's monitor.</summary>
    /// <param name="id">The container.</param>
    /// <param name="errno">Why not: as <see cref="LocalSockets.TryConnect"/> says it.</param>
    /// <returns>The socket; null where there is nobody to connect to.</returns>
    public FileDescriptor? TryConnect(string id, out Errno errno)
    {
        using FileDescriptor? folder = Files.TryOpen(runtime.Number, id, LibC.O_PATH | LibC.O_DIRECTORY, 0, out errno);
        return folder is null ? null : LocalSockets.TryConnect(folder, ContainerLock.SocketName, out errno);
    }

    /// <summary>Makes the overlay's work folder anew: a volatile overlay refuses one that was used before.</summary>
    public void RemakeWorkFolder(string id)
    {
        using FileDescriptor? folder = OpenStateFolder(id);
        if (folder is not null && FolderRemoval.Remove(folder.Number, "work"))
        {
            _ = Files.MakeFolder(folder.Number, "work", OwnerOnly);
        }
    }

    /// <summary>Whether the folder of the writable layer and the log is there.</summary>
    public bool HasStateFolder(string id) => IsThere(state, id);

    /// <summary>Whether the container has a document that cannot be read.</summary>
    public bool IsDamaged(string id)
    {
        try
        {
            return Read(id) is { Document: null } && (IsThere(state, $"{id}/{DocumentName}") || IsThere(runtime, $"{id}/{DocumentName}"));
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Storage)
        {
            return true;
        }
    }

    /// <summary>Whether the container's session has claimed it since the boot, and nobody has removed it.</summary>
    public bool IsClaimed(string id) => IsThere(runtime, id);

    /// <summary>Removes everything of a container; its lock is held, its processes and cgroups are gone.</summary>
    public void Remove(ContainerLock held, string? name)
    {
        RemoveFiles(held, name);
        RemoveClaim(held);
    }

    /// <summary>The first part of <see cref="Remove"/>: all but the claim, by which the container is still found.</summary>
    public void RemoveFiles(ContainerLock held, string? name)
    {
        string id = held.Id;

        // The document first: a removal cut short leaves what can only be removed, and no container whose name does not lead to it.
        _ = Files.TryRemove(state.Number, $"{id}/{DocumentName}", isFolder: false);
        _ = Files.TryRemove(runtime.Number, $"{id}/{DocumentName}", isFolder: false);
        foreach (string own in name is not null ? [name] : Names().Where(one => one.Id == id).Select(one => one.Name))
        {
            GiveUpName(own, id);
        }

        _ = FolderRemoval.Remove(state.Number, id);
    }

    /// <summary>The second part of <see cref="Remove"/>: afterwards nothing tells of the container.</summary>
    public void RemoveClaim(ContainerLock held) => _ = FolderRemoval.Remove(runtime.Number, held.Id);

    /// <inheritdoc/>
    public void Dispose()
    {
        state.Dispose();
        runtime.Dispose();
        names.Dispose();
    }

    internal static EngineException NotFound(string nameOrId) =>
        new(EngineErrorReason.NotFound, nameOrId, $"There is no container '{nameOrId}'. Get-Container shows those that are there.");

    internal static bool IsName(string text) =>
        text.Length is > 0 and <= 128 && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private string FindByPrefix(string prefix)
    {
        if (prefix.Length == 0 || !prefix.All(char.IsAsciiHexDigitLower))
        {
            throw NotFound(prefix);
        }

        string[] matches = [.. Ids().Where(id => id.StartsWith(prefix, StringComparison.Ordinal))];
        return matches.Length switch
        {
            0 => throw NotFound(prefix),
            1 => matches[0],
            _ => throw new EngineException(
                EngineErrorReason.Ambiguous, prefix,
                $"'{prefix}' begins the ids of {matches.Length} containers: {string.Join(", ", matches.Take(5).Select(id => id[..12]))}. Give more digits."),
        };
    }

    private static bool IsId(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    private static string Short(string? id) => id is { Length: >= 12 } ? id[..12] : "of another session";

    private static bool IsThere(FileDescriptor folder, string name) => Files.TryStat(folder.Number, name, follow: false, out _) == Errno.None;

    private static T? Read<T>(FileDescriptor folder, string path, JsonTypeInfo<T> type)
        where T : class
    {
        string? text = Files.ReadText(folder.Number, path);
        try
        {
            return text is null ? null : JsonSerializer.Deserialize(text, type);
        }
        catch (JsonException e)
        {
            throw new EngineException(
                EngineErrorReason.Storage, path, $"The record '{path}' is damaged ({e.Message}). Remove-Container -Force removes the container.", e);
        }
    }

    private void Write(ContainerDocument document, string name, byte[] json, bool durable)
    {
        using FileDescriptor folder = OpenRecordsFolder(document.Id, isKept: !document.Options.RemoveOnExit);
        AtomicDocument.Write(folder.Number, name, json, durable);
    }

    // The monitor's records are not fsynced: after a loss of power they may be empty. That they are there at all still tells something.
    private static RunningRecord? ReadRunning(FileDescriptor folder, string id)
    {
        try
        {
            return Read(folder, $"{id}/{RunningName}", ContainerJson.Default.RunningRecord);
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Storage)
        {
            return new RunningRecord(string.Empty, 0, 0, 0, 0, 0);
        }
    }

    private static ExitRecord? ReadExit(FileDescriptor folder, string id)
    {
        try
        {
            return Read(folder, $"{id}/{ExitName}", ContainerJson.Default.ExitRecord);
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Storage)
        {
            return null;
        }
    }

    private static RestartRecord ReadRestart(FileDescriptor folder, string id)
    {
        try
        {
            return Read(folder, $"{id}/{RestartName}", ContainerJson.Default.RestartRecord) ?? new RestartRecord();
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Storage)
        {
            return new RestartRecord();
        }
    }

    private static StopCause? ReadStopped(FileDescriptor folder, string id) => Files.ReadText(folder.Number, $"{id}/{StoppedName}") switch
    {
        null => null,
        "" => StopCause.User,
        _ => StopCause.Machine,
    };

    private string? HolderOf(string name) => Files.ReadLink(names.Number, name);
}

/// <summary>What is known of a container from its files.</summary>
/// <param name="Document">Null: it is being made, or was left half made or half removed.</param>
/// <param name="Running">Null: it does not run.</param>
/// <param name="Exit">Null: it has not ended.</param>
internal readonly record struct ContainerRecords(ContainerDocument? Document, RunningRecord? Running, ExitRecord? Exit)
{
    /// <summary>Its restarts; null where it has no restart policy.</summary>
    public RestartRecord? Restart { get; init; }

    /// <summary>Who has stopped it since its last start; null for nobody, and where it has no restart policy.</summary>
    public StopCause? Stopped { get; init; }

    /// <summary>Whether a living process has set out to start it again.</summary>
    public bool IsAwaited => Stopped is null && Restart?.Waiter?.ToIdentity().IsAlive == true;
}

/// <summary>The right to change a container; given up when disposed.</summary>
/// <param name="id">The container.</param>
/// <param name="folder">Its runtime folder, locked.</param>
internal sealed class ContainerLock(string id, FileDescriptor folder) : IDisposable
{
    /// <summary>The name of the socket of a container's monitor in its runtime folder.</summary>
    public const string SocketName = "attach";

    /// <summary>The container's id.</summary>
    public string Id { get; } = id;

    /// <summary>Makes the socket at which the monitor that is about to start lets sessions attach, in place of the last life's.</summary>
    /// <returns>The listening socket.</returns>
    public FileDescriptor ListenForSessions() => LocalSockets.Listen(folder, SocketName);

    /// <summary>The descriptor that holds the lock; as long as another process has it too, the container stays locked.</summary>
    public int Descriptor => folder.Number;

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();
}
