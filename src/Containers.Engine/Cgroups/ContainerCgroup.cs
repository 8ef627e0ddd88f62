using Containers.Engine.Runtime;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Cgroups;

/// <summary>The cgroups of one container. Disposing closes descriptors; the cgroups stay until <see cref="Remove"/>.</summary>
internal sealed class ContainerCgroup : IDisposable
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FreezeBeforeKill = TimeSpan.FromMilliseconds(500);

    private readonly CgroupManager manager;
    private readonly IReadOnlyList<CgroupParent> own;
    private readonly IReadOnlyList<CgroupParent> shared;
    private readonly CgroupParent main;
    private readonly List<FileDescriptor> opened = [];
    private IReadOnlyList<FileDescriptor>? joins;
    private FileDescriptor? into;
    private FileDescriptor? oomCounter;
    private FileDescriptor? killer;

    internal ContainerCgroup(CgroupManager manager, string id, IReadOnlyList<CgroupParent> own, IReadOnlyList<CgroupParent> shared)
    {
        this.manager = manager;
        this.own = own;
        this.shared = shared;
        Id = id;
        // Where processes are listed, frozen and killed: v2 if it is there, else the v1 freezer.
        main = own.FirstOrDefault(made => made.Hierarchy.IsUnified) ?? own.FirstOrDefault(made => made.Has("freezer")) ?? own[0];
    }

    /// <summary>The container's id, which is the name of its cgroups.</summary>
    public string Id { get; }

    /// <summary>
    /// v1 and hybrid: the <c>tasks</c> file (O_WRONLY) of each v1 hierarchy, to which the child writes <c>0</c> itself while it has one thread and before
    /// it unshares its cgroup namespace. Not <c>cgroup.procs</c>: writing there takes the kernel's lock over all thread groups, which waits for an
    /// RCU grace period (7 ms measured), while <c>0</c> to <c>tasks</c> takes 5 to 50 us (since Linux 5.6).
    /// </summary>
    public IReadOnlyList<FileDescriptor> JoinDescriptors => joins ??=
    [
        .. own.Where(made => !made.Hierarchy.IsUnified).Select(made => Keep(made.ContainerFolder(Id).Open("tasks", LibC.O_WRONLY))),
        .. shared.Where(made => !made.Hierarchy.IsUnified).Select(made => made.MonitorJoin),
    ];

    /// <summary>v2 and hybrid: the cgroup's folder for clone3(CLONE_INTO_CGROUP), which needs no lock of that kind; null on v1.</summary>
    public FileDescriptor? IntoDescriptor => into ??= Unified is { } made
        ? Keep(made.ContainerFolder(Id).Open(".", LibC.O_RDONLY | LibC.O_DIRECTORY)) : null;

    /// <summary>What a monitor removes when the container has ended: in each hierarchy the name below the folder's descriptor (which this object does not own).</summary>
    public IReadOnlyList<(FileDescriptor Parent, string Name)> Removals => [.. own.Select(made => (made.Folder, Id))];

    /// <summary>
    /// The file (O_RDONLY, for pread(2) at 0) with a line <c>oom_kill N</c>, N counting the processes killed for memory; null without the memory
    /// controller. v2: memory.events, which counts cgroups below too, as memory.events.local would not. v1: memory.oom_control, whose first line begins
    /// with <c>oom_kill_disable</c>, and which counts this cgroup alone. To be read before the cgroup is removed.
    /// </summary>
    public FileDescriptor? OomCounter => oomCounter ??= With("memory") is { } made
        ? Keep(made.ContainerFolder(Id).Open(made.Hierarchy.IsUnified ? "memory.events" : "memory.oom_control", LibC.O_RDONLY)) : null;

    /// <summary>The file (O_WRONLY) to which a written <c>1</c> kills every process of the cgroup (cgroup.kill); null on v1 alone, and before Linux 5.14.</summary>
    public FileDescriptor? Killer => killer ??= Unified is { } made && Files.TryOpen(made.Folder.Number, $"{Id}/cgroup.kill", LibC.O_WRONLY, 0, out _) is { } file
        ? Keep(file) : null;

    /// <summary>As <see cref="CgroupManager.Mounts"/>.</summary>
    public IReadOnlyList<CgroupMount> Mounts => manager.Mounts;

    /// <summary>What is shown in the container below /sys/fs/cgroup: the place there (empty for itself) and this cgroup's path on the host.</summary>
    public IReadOnlyList<(string Target, string Source)> Shown =>
    [
        .. own.Where(made => made.Hierarchy.Shown is not null)
            .Select(made => (manager.Version == CgroupVersion.V2 ? string.Empty : made.Hierarchy.Shown!.Target, made.ContainerFolder(Id).Path)),
    ];

    /// <summary>As <see cref="CgroupManager.Links"/>.</summary>
    public IReadOnlyList<(string Name, string Target)> Links => manager.Links;

    /// <summary>Whether no process is left in the cgroup and below it.</summary>
    public bool IsEmpty => Unified is { } made
        ? made.ContainerFolder(Id).Read("cgroup.events") is not { } events || HasLine(events, "populated 0")
        : Processes().Count == 0;

    /// <summary>Whether its processes are kept from running, all of them.</summary>
    public bool IsFrozen
    {
        get
        {
            try
            {
                return HasFreezer && Main.Read(main.Hierarchy.IsUnified ? "cgroup.events" : "freezer.state") is { } status
                    && HasLine(status, main.Hierarchy.IsUnified ? "frozen 1" : "FROZEN");
            }
            catch (KernelException e) when (e.Errno == Errno.ENODEV)
            {
                // The cgroup was removed between the opening of the file and its reading.
                return false;
            }
        }
    }

    private CgroupParent? Unified => own.FirstOrDefault(made => made.Hierarchy.IsUnified);

    private CgroupFolder Main => main.ContainerFolder(Id);

    private bool HasFreezer => main.Hierarchy.IsUnified || main.Has("freezer");

    /// <summary>Reads the number of processes killed for memory from the text of memory.events or memory.oom_control.</summary>
    /// <param name="text">The file's text.</param>
    /// <returns>The number; 0 where the kernel does not count (v1 before Linux 4.13).</returns>
    public static long OomKillsIn(string text) => CountIn(text, "oom_kill ");

    private static long CountIn(string text, string key)
    {
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(key, StringComparison.Ordinal) && long.TryParse(line[key.Length..], out long count))
            {
                return count;
            }
        }

        return 0;
    }

    /// <summary>The number of processes killed for memory so far.</summary>
    /// <returns>The number; 0 without the memory controller.</returns>
    public long OomKills()
    {
        if (OomCounter is not { } file)
        {
            return 0;
        }

        Span<byte> buffer = stackalloc byte[512];
        int length = Files.ReadAt(file, buffer, 0, Main.Path);
        return OomKillsIn(System.Text.Encoding.ASCII.GetString(buffer[..length]));
    }

    /// <summary>The container's cgroup in the hierarchy of a controller.</summary>
    /// <param name="controller">The controller's name.</param>
    /// <returns>The absolute path, or null where the container has none of its own there.</returns>
    public string? PathOf(string controller) => FolderOf(controller)?.Path;

    /// <summary>The container's cgroup in the hierarchy of a controller, for reading what it counts.</summary>
    /// <param name="controller">The controller's name.</param>
    /// <returns>The cgroup, or null where the container has none of its own there.</returns>
    public CgroupFolder? FolderOf(string controller) => With(controller)?.ContainerFolder(Id);

    /// <summary>The container's cgroup in the v2 hierarchy; null where it is not mounted.</summary>
    public CgroupFolder? UnifiedFolder => Unified?.ContainerFolder(Id);

    /// <summary>
    /// Changes the limits of a living container: all or, where one is refused, none. Less memory than its processes hold is refused
    /// (<see cref="EngineErrorReason.Busy"/>): by the kernel on v1, which first writes out what it can; here on v2, which would kill processes until it suffices.
    /// </summary>
    /// <param name="limits">The new limits; null values are left as they are.</param>
    /// <param name="lifted">The controllers whose limits are taken away: <c>memory</c>, <c>cpu</c>, <c>pids</c>.</param>
    /// <returns>The limits as they were.</returns>
    /// <exception cref="EngineException">A limit is out of bounds, no hierarchy can keep it, or the kernel refused it.</exception>
    public SavedLimits SetLimits(ResourceLimits limits, IReadOnlyCollection<string>? lifted = null)
    {
        CgroupManager.Validate(limits);
        var settings = new CgroupSettings(limits, Devices: null);
        CgroupManager.RequireControllers(settings, own);
        RefuseLessThanHeld(limits);
        (ICgroupController Controller, CgroupFolder Folder)[] controllers =
            [.. own.SelectMany(made => made.Hierarchy.Controllers.Select(controller => (controller, made.ContainerFolder(Id))))];
        var saved = new SavedLimits(controllers.Where(c => c.Controller.IsAsked(settings) || lifted?.Contains(c.Controller.Name) == true));
        try
        {
            foreach ((ICgroupController controller, CgroupFolder folder) in controllers.Where(c => lifted?.Contains(c.Controller.Name) == true))
            {
                Lift(controller, folder);
            }

            CgroupManager.Apply(Id, settings, own);
            return saved;
        }
        catch
        {
            saved.Restore();
            throw;
        }
    }

    /// <summary>The processes in the cgroup and below it.</summary>
    /// <returns>Their numbers in this PID namespace; by the time they are used others may bear them.</returns>
    public IReadOnlyList<int> Processes() => CgroupTree.Processes(Main.Path);

    /// <summary>Stops all processes from running and waits until they have (cgroup.freeze, or the v1 freezer).</summary>
    /// <param name="timeout">How long at most; null for ten seconds.</param>
    /// <exception cref="EngineException">They did not stop in time, or there is no freezer.</exception>
    public void Freeze(TimeSpan? timeout = null) => SetFrozen(frozen: true, timeout ?? DefaultTimeout);

    /// <summary>Lets frozen processes run again.</summary>
    /// <exception cref="EngineException">The kernel refused it, or there is no freezer.</exception>
    public void Thaw() => SetFrozen(frozen: false, DefaultTimeout);

    /// <summary>Lets processes run again if they are frozen. Where all have ended meanwhile, and the cgroup with them, there is nothing to do.</summary>
    public void ThawIfFrozen()
    {
        try
        {
            if (IsFrozen)
            {
                Thaw();
            }
        }
        catch (Exception e) when (((e as EngineException)?.Errno ?? (e as KernelException)?.Errno) is Errno.ENOENT or Errno.ENODEV)
        {
            // The cgroup is gone.
        }
    }

    /// <summary>Kills every process with SIGKILL, those forked meanwhile too, and waits until the cgroup is empty.</summary>
    /// <param name="timeout">How long at most; null for ten seconds.</param>
    /// <exception cref="EngineException">Processes are left, as those that wait uninterruptibly for a disk.</exception>
    public void Kill(TimeSpan? timeout = null)
    {
        var patience = new Patience(timeout ?? DefaultTimeout);
        // cgroup.kill is there since Linux 5.14. It is enough once: a process forked meanwhile is killed too.
        bool isKilledAtOnce = main.Hierarchy.IsUnified && Main.TryWrite("cgroup.kill", "1") == Errno.None;
        while (!IsEmpty)
        {
            if (!isKilledAtOnce)
            {
                KillEach();
            }

            if (!patience.Wait())
            {
                throw new EngineException(
                    EngineErrorReason.Timeout, Id,
                    $"Processes of the cgroup '{Main.Path}' did not end within {patience.Total.TotalSeconds:0.#} s of SIGKILL: {CgroupTree.Numbers(Processes())}.");
            }
        }
    }

    /// <summary>Removes the cgroup from every hierarchy, with all that was made below it; waits briefly for processes that are just ending.</summary>
    /// <exception cref="EngineException">Processes are left in it.</exception>
    public void Remove()
    {
        foreach (CgroupParent made in own)
        {
            if (Files.TryRemove(made.Folder.Number, Id, isFolder: true) is not (Errno.None or Errno.ENOENT))
            {
                CgroupTree.Remove(made.ContainerFolder(Id).Path);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FileDescriptor descriptor in opened)
        {
            descriptor.Dispose();
        }

        opened.Clear();
    }

    /// <summary>
    /// One round of killing where there is no cgroup.kill. Frozen, nothing can fork away from the list; a v1 process dies of the signal only once it is
    /// thawed.
    /// </summary>
    internal void KillEach()
    {
        try
        {
            if (HasFreezer)
            {
                Freeze(FreezeBeforeKill);
            }
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Timeout)
        {
            // A process in an uninterruptible wait does not freeze; the others are to die all the same, round by round.
        }

        var processes = new List<(int Pid, FileDescriptor Descriptor)>();
        try
        {
            foreach (int pid in Processes())
            {
                if (Pidfd.TryOpen(pid, out _) is { } descriptor)
                {
                    processes.Add((pid, descriptor));
                }
            }

            // A number listed again after its descriptor was opened is still the same process: one that took the number over is not in this cgroup.
            var still = Processes().ToHashSet();
            foreach ((int pid, FileDescriptor descriptor) in processes)
            {
                if (still.Contains(pid))
                {
                    _ = Pidfd.TrySignal(descriptor, LibC.SIGKILL);
                }
            }
        }
        finally
        {
            processes.ForEach(process => process.Descriptor.Dispose());
            if (HasFreezer)
            {
                Thaw();
            }
        }
    }

    private static void Lift(ICgroupController controller, CgroupFolder folder)
    {
        foreach ((string file, string none) in controller.LimitFiles.Reverse())
        {
            // ENOENT: a kernel that does not account swap.
            if (folder.TryWrite(file, none) is var errno and not (Errno.None or Errno.ENOENT))
            {
                throw folder.Refused($"taking away the limit ('{none}' to '{folder.Path}/{file}')", errno);
            }
        }
    }

    private void RefuseLessThanHeld(ResourceLimits limits)
    {
        if (limits.Memory is not { } bytes || With("memory") is not { Hierarchy.IsUnified: true } made || made.ContainerFolder(Id).Read("memory.stat") is not { } counts)
        {
            return;
        }

        // What has no file to be written to, and swap is not given.
        long held = CountIn(counts, "anon ") + CountIn(counts, "shmem ");
        if (held > bytes)
        {
            throw new EngineException(
                EngineErrorReason.Busy, Id,
                $"Setting the memory limit to {bytes} bytes is refused: the processes hold {held} bytes now, and the kernel would kill some of them.");
        }
    }

    private static bool HasLine(string text, string line)
    {
        foreach (ReadOnlySpan<char> found in text.AsSpan().EnumerateLines())
        {
            if (found.SequenceEqual(line))
            {
                return true;
            }
        }

        return false;
    }

    private CgroupParent? With(string controller) => own.FirstOrDefault(made => made.Has(controller));

    private FileDescriptor Keep(FileDescriptor descriptor)
    {
        opened.Add(descriptor);
        return descriptor;
    }

    private void SetFrozen(bool frozen, TimeSpan timeout)
    {
        if (!HasFreezer)
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, Id,
                "Processes cannot be frozen: neither the v2 hierarchy nor the v1 controller 'freezer' is mounted.");
        }

        (string file, string value, string statusFile, string expected) = main.Hierarchy.IsUnified
            ? ("cgroup.freeze", frozen ? "1" : "0", "cgroup.events", frozen ? "frozen 1" : "frozen 0")
            : ("freezer.state", frozen ? "FROZEN" : "THAWED", "freezer.state", frozen ? "FROZEN" : "THAWED");
        var patience = new Patience(timeout);
        do
        {
            // v1 must be told again: a process forked or woken while it froze leaves the state at FREEZING.
            Main.Write(file, value, frozen ? "freezing processes" : "letting processes run again");
            if (Main.Read(statusFile) is { } status && HasLine(status, expected))
            {
                return;
            }
        }
        while (patience.Wait());

        throw new EngineException(
            EngineErrorReason.Timeout, Id, $"The cgroup '{Main.Path}' was not {(frozen ? "frozen" : "thawed")} within {timeout.TotalSeconds:0.#} s.");
    }
}
