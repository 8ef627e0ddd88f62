using System.Globalization;
using Containers.Engine.Overlays;
using Containers.Engine.Processes;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Namespaces;

/// <summary>
/// Finds the namespaces of the machine: those that processes are in, those that are mounted, and of pid and user namespaces the ancestors of both. What another process
/// keeps by an open descriptor alone is not found.
/// </summary>
internal sealed class NamespaceReader
{
    private readonly HashSet<NamespaceType> types;
    private readonly Dictionary<(NamespaceType Type, ulong Id), Found> found = [];

    private NamespaceReader(IEnumerable<NamespaceType> types) => this.types = [.. types];

    /// <summary>A process with a name for what it belongs to.</summary>
    /// <param name="Id">A container's id.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="ProcessId">Its first process.</param>
    internal readonly record struct Owner(string Id, string Name, int ProcessId);

    /// <summary>Reads them.</summary>
    /// <param name="types">The kinds that are asked for.</param>
    /// <param name="owners">The running containers.</param>
    /// <param name="pinNames">The name for a path at which a namespace is mounted, or null.</param>
    /// <returns>The namespaces, by kind and number.</returns>
    public static IReadOnlyList<NamespaceInfo> Read(IEnumerable<NamespaceType> types, IReadOnlyList<Owner> owners, Func<string, string?> pinNames)
    {
        var reader = new NamespaceReader(types);
        reader.ReadProcesses();
        reader.ReadPins();
        reader.ReadRelations();
        HashSet<(NamespaceType, ulong)> own = [.. reader.NamespacesOf("/proc/thread-self")];
        Dictionary<(NamespaceType, ulong), Owner> containers = [];
        foreach (Owner owner in owners)
        {
            foreach ((NamespaceType, ulong) key in reader.NamespacesOf($"/proc/{owner.ProcessId}").Where(key => !own.Contains(key)))
            {
                containers.TryAdd(key, owner);
            }
        }

        return
        [
            .. reader.found.OrderBy(one => one.Key).Select(one => new NamespaceInfo
            {
                Type = one.Key.Type,
                Id = one.Key.Id,
                ParentId = one.Value.ParentId,
                OwnerId = one.Value.OwnerId,
                OwnerUserId = one.Value.OwnerUserId,
                ProcessIds = one.Value.ProcessIds,
                Command = one.Value.ProcessIds is [var first, ..] ? ProcessReader.CommandLineOf(first) : null,
                Pins = one.Value.Pins,
                Name = one.Value.Pins.Select(pinNames).FirstOrDefault(name => name is not null),
                ContainerId = containers.TryGetValue(one.Key, out Owner owner) ? owner.Id : null,
                ContainerName = containers.ContainsKey(one.Key) ? owner.Name : null,
                IsCurrent = own.Contains(one.Key),
                Path = one.Value.ProcessIds is [var process, ..] ? $"/proc/{process}/ns/{one.Key.Type.FileName()}" : one.Value.Pins.FirstOrDefault(),
            }),
        ];
    }

    private IEnumerable<(NamespaceType Type, ulong Id)> NamespacesOf(string process)
    {
        using FileDescriptor? folder = Files.TryOpen(Files.CurrentFolder, $"{process}/ns", LibC.O_PATH | LibC.O_DIRECTORY, 0, out _);
        foreach (NamespaceType type in folder is null ? [] : types)
        {
            if (TryReadLink(folder!, type.FileName()) is { } text && NamespaceKinds.Parse(text) is { } key)
            {
                yield return key;
            }
        }
    }

    private static string? TryReadLink(FileDescriptor folder, string name)
    {
        try
        {
            return Files.ReadLink(folder.Number, name);
        }
        catch (KernelException)
        {
            // It has gone, or is another user's.
            return null;
        }
    }

    private void ReadProcesses()
    {
        using FileDescriptor proc = Files.Open(Files.CurrentFolder, "/proc", LibC.O_RDONLY | LibC.O_DIRECTORY);
        var listing = new FolderListing(proc, "/proc");
        while (listing.Next(out ReadOnlySpan<byte> name, out _))
        {
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            {
                foreach ((NamespaceType, ulong) key in NamespacesOf($"/proc/{pid}"))
                {
                    At(key).ProcessIds.Add(pid);
                }
            }
        }
    }

    /// <summary>The namespaces that are mounted in the calling thread's mount namespace.</summary>
    /// <returns>For each what the kernel calls it, and where it is mounted.</returns>
    internal static IEnumerable<(string Root, string Path)> Mounts() => MountEntry.Read("thread-self").Where(static mount => mount.Type == "nsfs").Select(static mount => (mount.Root, mount.Path));

    private void ReadPins()
    {
        foreach ((string root, string mountPoint) in Mounts())
        {
            if (NamespaceKinds.Parse(root) is { } key && types.Contains(key.Type))
            {
                At(key).Pins.Add(mountPoint);
            }
        }
    }

    /// <summary>Parents and owners; the parents' own too, up to this process's namespace.</summary>
    private void ReadRelations()
    {
        foreach (((NamespaceType type, ulong _), Found one) in found.ToArray())
        {
            string? path = one.ProcessIds is [var process, ..] ? $"/proc/{process}/ns/{type.FileName()}" : one.Pins.FirstOrDefault();
            using FileDescriptor? file = path is null ? null : Files.TryOpen(Files.CurrentFolder, path, LibC.O_RDONLY, 0, out _);
            if (file is not null)
            {
                Relate(type, file, one);
            }
        }
    }

    private void Relate(NamespaceType type, FileDescriptor file, Found one)
    {
        if (one.IsRelated)
        {
            return;
        }

        one.IsRelated = true;
        one.OwnerUserId = type == NamespaceType.User ? NamespaceFiles.OwnerUser(file) : null;
        using (FileDescriptor? owner = NamespaceFiles.TryOpenOwner(file))
        {
            one.OwnerId = owner is null ? null : IdOf(owner);
        }

        if (type is not (NamespaceType.Pid or NamespaceType.User))
        {
            return;
        }

        using FileDescriptor? parent = NamespaceFiles.TryOpenParent(file);
        if (parent is not null && IdOf(parent) is { } id)
        {
            one.ParentId = id;
            Relate(type, parent, At((type, id)));
        }
    }

    private static ulong? IdOf(FileDescriptor file) => Files.TryStat(file.Number, string.Empty, follow: true, out FileStatus status) == Errno.None ? status.Inode : null;

    private Found At((NamespaceType Type, ulong Id) key)
    {
        if (!found.TryGetValue(key, out Found? one))
        {
            found.Add(key, one = new Found());
        }

        return one;
    }

    private sealed class Found
    {
        public List<int> ProcessIds { get; } = [];

        public List<string> Pins { get; } = [];

        public ulong? ParentId { get; set; }

        public ulong? OwnerId { get; set; }

        public uint? OwnerUserId { get; set; }

        public bool IsRelated { get; set; }
    }
}
