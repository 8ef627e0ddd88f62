using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Namespaces;

/// <summary>
/// Namespaces that a thread of this process has entered and can leave again: network, UTS, IPC and cgroup; the others the kernel gives to no thread among others, or the
/// runtime does not bear (setns(2)). Threads that are born meanwhile are inside too, and stay there.
/// </summary>
public sealed class ThreadNamespaces
{
    private readonly List<(NamespaceType Type, FileDescriptor Before)> left = [];

    private ThreadNamespaces()
    {
    }

    /// <summary>The kinds that a thread can enter.</summary>
    public static IReadOnlyList<NamespaceType> Types { get; } = [NamespaceType.Network, NamespaceType.Uts, NamespaceType.Ipc, NamespaceType.Cgroup];

    /// <summary>What was entered: kinds and numbers.</summary>
    public IReadOnlyList<(NamespaceType Type, ulong Id)> Entered { get; private set; } = [];

    /// <summary>Enters namespaces with the calling thread.</summary>
    /// <param name="namespaces">Of kinds of <see cref="Types"/> alone.</param>
    /// <returns>The way back.</returns>
    /// <exception cref="EngineException">PermissionDenied, Internal: then the thread is where it was.</exception>
    internal static ThreadNamespaces Enter(OpenNamespaces namespaces)
    {
        HomeThread.Enter();
        var entry = new ThreadNamespaces();
        try
        {
            foreach (NamespaceType type in namespaces.Types)
            {
                FileDescriptor before = Files.Open(Files.CurrentFolder, $"/proc/thread-self/ns/{type.FileName()}", LibC.O_RDONLY);
                Errno errno = NamespaceFiles.TryEnter(namespaces[type], (int)type.Flag());
                if (errno != Errno.None)
                {
                    before.Dispose();
                    throw new EngineException(
                        errno == Errno.EPERM ? EngineErrorReason.PermissionDenied : EngineErrorReason.Internal,
                        type.ToString(), $"The {type} namespace {namespaces.IdOf(type)} cannot be entered: {KernelException.Describe(errno)}.", errno);
                }

                entry.left.Add((type, before));
            }
        }
        catch
        {
            entry.Leave();
            throw;
        }

        entry.Entered = [.. namespaces.Types.Select(type => (type, namespaces.IdOf(type)))];
        return entry;
    }

    /// <summary>Goes back, with the thread that entered.</summary>
    /// <exception cref="EngineException">Internal: a namespace could not be entered again.</exception>
    public void Leave()
    {
        EngineException? failure = null;
        foreach ((NamespaceType type, FileDescriptor before) in Enumerable.Reverse(left))
        {
            Errno errno = NamespaceFiles.TryEnter(before, (int)type.Flag());
            before.Dispose();
            failure ??= errno == Errno.None ? null : new EngineException(
                EngineErrorReason.Internal, type.ToString(), $"The {type} namespace from before cannot be entered again: {KernelException.Describe(errno)}. End this session.", errno);
        }

        left.Clear();
        HomeThread.Leave();
        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>How many other threads of this process are in one of the namespaces that were entered: born meanwhile, they stay there.</summary>
    /// <returns>The number.</returns>
    public int CountStrays()
    {
        string? self = Path.GetFileName(Files.ReadLink(Files.CurrentFolder, "/proc/thread-self"));
        int strays = 0;
        foreach (string thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            bool isInside = Path.GetFileName(thread) != self && Entered.Any(one =>
                Files.TryStat(Files.CurrentFolder, $"{thread}/ns/{one.Type.FileName()}", follow: true, out FileStatus status) == Errno.None && status.Inode == one.Id);
            strays += isInside ? 1 : 0;
        }

        return strays;
    }
}
