using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Namespaces;

/// <summary>
/// The namespaces that last without processes: <c>RUNTIME/namespaces/NAME/TYPE</c>, each mounted on an empty file, beside a record that is written before anything of
/// them is made and removed last. The folder is a mount that shares nothing with other mount namespaces, so that none of those keeps a namespace that is removed here; it
/// is there as long as one of them. Changes come one after the other, by a lock.
/// </summary>
internal sealed class NamespacePins
{
    private const string RecordName = "namespace.json";
    private static readonly TimeSpan PatienceAfterKill = TimeSpan.FromSeconds(10);

    /// <summary>Names the folder; it is made with the first pin.</summary>
    /// <param name="roots">The engine's folders.</param>
    public NamespacePins(StorageRoots roots) => Folder = $"{roots.RuntimeRoot.TrimEnd('/')}/namespaces";

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The name that a path in the folder belongs to.</summary>
    /// <param name="path">Where a namespace is mounted.</param>
    /// <returns>The name; null for one elsewhere.</returns>
    public string? NameAt(string path) =>
        path.StartsWith(Folder + '/', StringComparison.Ordinal) && path.IndexOf('/', Folder.Length + 1) is > 0 and var slash ? path[(Folder.Length + 1)..slash] : null;

    /// <summary>All names, those too that a killed session left half made.</summary>
    /// <returns>The names with their records; an empty one where it was not written.</returns>
    public IReadOnlyList<(string Name, NamespaceRecord Record)> List()
    {
        using FileDescriptor? folder = Files.TryOpen(Files.CurrentFolder, Folder, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out _);
        return folder is null ? [] : [.. Names(folder).Select(name => (name, ReadRecord(folder, name)))];
    }

    /// <summary>Claims a name and writes its record.</summary>
    /// <param name="name">The name.</param>
    /// <param name="record">What is going to be there.</param>
    /// <param name="cancellation">Ends the waiting for other changes.</param>
    /// <returns>The right to fill it, which nobody else has meanwhile.</returns>
    /// <exception cref="EngineException">AlreadyExists.</exception>
    public Claim Make(string name, NamespaceRecord record, CancellationToken cancellation)
    {
        FileDescriptor held = Lock(cancellation);
        FileDescriptor? folder = null;
        try
        {
            folder = OpenMounted();
            if (StoreFolder.Has(folder, name))
            {
                throw new EngineException(
                    EngineErrorReason.AlreadyExists, name, $"There are namespaces of the name '{name}' already. Remove them (Remove-Namespace {name}) or choose another name.");
            }

            FileDescriptor own = StoreFolder.Open(folder, name);
            var claim = new Claim(this, held, folder, own, name);
            claim.Write(record);
            return claim;
        }
        catch
        {
            folder?.Dispose();
            held.Dispose();
            throw;
        }
    }

    /// <summary>What a killed session left half made, and what has lost the process without which nobody can enter it.</summary>
    /// <param name="cancellation">Ends the waiting for other changes.</param>
    /// <returns>The names.</returns>
    public IReadOnlyList<string> FindStale(CancellationToken cancellation)
    {
        if (List().Count == 0)
        {
            return [];
        }

        using FileDescriptor held = Lock(cancellation);
        return [.. List().Where(one => IsStale(one.Name, one.Record)).Select(static one => one.Name)];
    }

    /// <summary>Removes what is stale.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellation">Ends the waiting for other changes.</param>
    /// <returns>False where it is not stale, or gone.</returns>
    public bool RemoveStale(string name, CancellationToken cancellation) => FindStale(cancellation).Contains(name) && Remove(name, cancellation, IsStale);

    /// <summary>Takes the pins of a name away and ends the process that holds its pid namespace, and with it all in that.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellation">Ends the waiting for other changes.</param>
    /// <exception cref="EngineException">NotFound; Timeout where the process does not end.</exception>
    public void Remove(string name, CancellationToken cancellation) => _ = Remove(name, cancellation, static (_, _) => true);

    /// <summary>The error for a name that is not there.</summary>
    public static EngineException NotFound(string name) =>
        new(EngineErrorReason.NotFound, name, $"There are no namespaces of the name '{name}'. Get-Namespace -Name * lists those that New-Namespace made.");

    private bool Remove(string name, CancellationToken cancellation, Func<string, NamespaceRecord, bool> isMeant)
    {
        using FileDescriptor? there = Files.TryOpen(Files.CurrentFolder, Folder, LibC.O_PATH | LibC.O_DIRECTORY, 0, out _);
        if (there is null || !ContainerNameFolder.IsName(name))
        {
            throw NotFound(name);
        }

        using FileDescriptor held = Lock(cancellation);
        using FileDescriptor folder = OpenMounted();
        try
        {
            if (!StoreFolder.Has(folder, name))
            {
                throw NotFound(name);
            }

            if (!isMeant(name, ReadRecord(folder, name)))
            {
                return false;
            }

            Remove(folder, name);
            return true;
        }
        finally
        {
            LeaveIfEmpty(folder);
        }
    }

    private bool IsStale(string name, NamespaceRecord record) =>
        record.Types.Count == 0 || (record.Holder is { } holder && !holder.ToIdentity().IsAlive) || !record.Types.All(type =>
        {
            using FileDescriptor? file = Files.TryOpen(Files.CurrentFolder, $"{Folder}/{name}/{type}", LibC.O_RDONLY | LibC.O_NOFOLLOW, 0, out _);
            return file is not null && NamespaceFiles.TypeOf(file) is not null;
        });

    private static List<string> Names(FileDescriptor folder)
    {
        var names = new List<string>();
        using FileDescriptor listed = Files.Open(folder.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
        var listing = new FolderListing(listed, "namespaces");
        while (listing.Next(out ReadOnlySpan<byte> name, out _))
        {
            names.Add(Encoding.UTF8.GetString(name));
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static NamespaceRecord ReadRecord(FileDescriptor folder, string name) =>
        Files.ReadText(folder.Number, $"{name}/{RecordName}") is { Length: > 0 } text
            ? JsonSerializer.Deserialize(text, NamespaceJson.Default.NamespaceRecord) ?? new NamespaceRecord() : new NamespaceRecord();

    private static void Remove(FileDescriptor folder, string name)
    {
        if (ReadRecord(folder, name).Holder?.ToIdentity() is { } holder && holder.TryOpen() is { } process)
        {
            using (process)
            {
                _ = Pidfd.TrySignal(process, 9);
                if (!Channels.WaitReadable(process, PatienceAfterKill, CancellationToken.None))
                {
                    throw new EngineException(
                        EngineErrorReason.Timeout, name, $"The process {holder.Pid}, which holds the pid namespace '{name}', was killed but does not end: something in it waits for a device.");
                }
            }
        }

        using FileDescriptor own = StoreFolder.Open(folder, name);
        foreach (NamespaceType type in NamespaceKinds.All)
        {
            while (Mounts.Unmount(own, type.FileName()))
            {
            }

            _ = Files.TryRemove(own.Number, type.FileName(), isFolder: false);
        }

        _ = Files.TryRemove(own.Number, $".{RecordName}.new", isFolder: false);
        _ = Files.TryRemove(own.Number, RecordName, isFolder: false);
        _ = Files.Remove(folder.Number, name, isFolder: true);
    }

    /// <summary>The right to change what is in the folder. The lock is a file beside it, since the folder comes and goes.</summary>
    private FileDescriptor Lock(CancellationToken cancellation)
    {
        StoreFolder.OpenRoot(Path.GetDirectoryName(Folder)!).Dispose();
        return StoreFolder.Lock($"{Folder}.lock", cancellation);
    }

    /// <summary>The folder as a mount of its own.</summary>
    private FileDescriptor OpenMounted()
    {
        StoreFolder.OpenRoot(Folder).Dispose();
        BindMounts.MakePrivate(Folder);
        return StoreFolder.OpenRoot(Folder);
    }

    private void LeaveIfEmpty(FileDescriptor folder)
    {
        if (Names(folder).Count > 0)
        {
            return;
        }

        using FileDescriptor above = StoreFolder.OpenRoot(Path.GetDirectoryName(Folder)!);
        string name = Path.GetFileName(Folder);
        folder.Dispose();
        while (Mounts.Unmount(above, name))
        {
        }

        _ = Files.TryRemove(above.Number, name, isFolder: true);
    }

    /// <summary>A name whose namespaces are being made.</summary>
    /// <param name="pins">The pins.</param>
    /// <param name="held">Their lock.</param>
    /// <param name="folder">Their folder.</param>
    /// <param name="own">The name's own folder.</param>
    /// <param name="name">The name.</param>
    internal sealed class Claim(NamespacePins pins, FileDescriptor held, FileDescriptor folder, FileDescriptor own, string name) : IDisposable
    {
        private bool isKept;

        /// <summary>Writes the record.</summary>
        public void Write(NamespaceRecord record) =>
            AtomicDocument.Write(own.Number, RecordName, JsonSerializer.SerializeToUtf8Bytes(record, NamespaceJson.Default.NamespaceRecord), durable: false);

        /// <summary>Pins a namespace.</summary>
        public void Pin(NamespaceType type, FileDescriptor file)
        {
            using FileDescriptor target = Files.Open(own.Number, type.FileName(), LibC.O_RDONLY | LibC.O_CREAT | LibC.O_EXCL | LibC.O_NOFOLLOW, 0x180);
            BindMounts.Mount(file, target, $"the {type} namespace of {name}");
        }

        /// <summary>Keeps what was made.</summary>
        public void Keep() => isKept = true;

        /// <summary>Takes away what is not kept.</summary>
        public void Dispose()
        {
            own.Dispose();
            if (!isKept)
            {
                Remove(folder, name);
                pins.LeaveIfEmpty(folder);
            }

            folder.Dispose();
            held.Dispose();
        }
    }
}

/// <summary>What is pinned under a name.</summary>
internal sealed record NamespaceRecord
{
    /// <summary>The kinds, by the kernel's names.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>When it was asked for.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The process that is pid 1 of the pid namespace; null for none.</summary>
    public NamespaceHolder? Holder { get; init; }
}

/// <summary>A process, told apart from every other one.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="StartTime">Clock ticks since the boot.</param>
/// <param name="BootId">The boot.</param>
internal sealed record NamespaceHolder(int Pid, long StartTime, string BootId)
{
    public ProcessIdentity ToIdentity() => new(Pid, StartTime, BootId);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NamespaceRecord))]
internal sealed partial class NamespaceJson : JsonSerializerContext;
