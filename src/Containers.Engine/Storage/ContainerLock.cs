using Containers.Interop;

namespace Containers.Engine.Storage;

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
