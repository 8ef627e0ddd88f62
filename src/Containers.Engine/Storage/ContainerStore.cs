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
        Names = new ContainerNameFolder(names, Exists);
        Records = new ContainerRecordFiles(state, runtime);
    }

    /// <summary>The containers' names.</summary>
    public ContainerNameFolder Names { get; }

    /// <summary>What is written down of them.</summary>
    public ContainerRecordFiles Records { get; }

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
                return IsGone(taken, isMade) ? throw NotFound(id) : taken;
            }

            _ = cancellation.WaitHandle.WaitOne(wait);
        }
    }

    /// <summary>As <see cref="TryLock"/>, where a kept container may have no runtime folder after a reboot.</summary>
    public ContainerLock? TryLockAnew(string id)
    {
        bool isMade = StoreFolder.Has(state, id) && MakeClaim(id);
        return TryLock(id) is { } taken && !IsGone(taken, isMade) ? taken : null;
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
    public bool Exists(string id) => StoreFolder.Has(runtime, id) || StoreFolder.Has(state, id);

    /// <summary>Whether the claim was made anew not for a reboot, but since another session removed the container after the look at it: it is undone.</summary>
    private bool IsGone(ContainerLock taken, bool isMade)
    {
        if (!isMade || StoreFolder.Has(state, taken.Id))
        {
            return false;
        }

        _ = Files.TryRemove(runtime.Number, taken.Id, isFolder: true);
        taken.Dispose();
        return true;
    }

    /// <summary>Makes the runtime folder that a kept container has not after a reboot.</summary>
    /// <returns>False where it is there.</returns>
    private bool MakeClaim(string id)
    {
        StoreSeal.SetRuntime(runtime, state);
        return Files.MakeFolder(runtime.Number, id, OwnerOnly);
    }

    /// <summary>The id of the container of that exact name, exact id, or unambiguous prefix of an id.</summary>
    /// <exception cref="EngineException">NotFound or Ambiguous.</exception>
    public string FindId(string nameOrId) => Names.Find(nameOrId) ?? FindByPrefix(nameOrId);

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

    /// <summary>When the content of its folders was last changed, the earlier of the two: at the time of its making or after; null where it has none.</summary>
    public DateTimeOffset? OldestChange(string id)
    {
        DateTimeOffset? oldest = null;
        foreach (FileDescriptor folder in (ReadOnlySpan<FileDescriptor>)[runtime, state])
        {
            if (Files.TryStat(folder.Number, id, follow: false, out FileStatus status) == Errno.None)
            {
                DateTimeOffset changed = DateTimeOffset.FromUnixTimeSeconds(status.ModifiedSeconds).AddTicks(status.ModifiedNanoseconds / TimeSpan.NanosecondsPerTick);
                oldest = oldest < changed ? oldest : changed;
            }
        }

        return oldest;
    }

    /// <summary>Whether the folder of the writable layer and the log is there.</summary>
    public bool HasStateFolder(string id) => StoreFolder.Has(state, id);

    /// <summary>Whether the container's session has claimed it since the boot, and nobody has removed it.</summary>
    public bool IsClaimed(string id) => StoreFolder.Has(runtime, id);

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
        Records.RemoveDocument(id);
        foreach (string own in name is not null ? [name] : Names.List().Where(one => one.Id == id).Select(one => one.Name))
        {
            Names.GiveUp(own, id);
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
}
