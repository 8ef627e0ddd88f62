using System.Text;
using Containers.Interop;

namespace Containers.Engine.Storage;

/// <summary>
/// Tells whether the folders of a store belong together. Where a file system is not mounted, a folder of its is there and empty, and what only looks abandoned
/// must not be cleared. Each folder has the store's seal, an extended attribute (xattr(7)) whose value no other store has; where the file system has none, nothing is known.
/// </summary>
internal static class StoreSeal
{
    /// <summary>The attribute's name.</summary>
    public const string Name = "trusted.pscontainers";

    /// <summary>Seals the folders of a new store; those of one that is sealed stay as they are.</summary>
    /// <param name="containers">STATE/containers.</param>
    /// <param name="names">STATE/names.</param>
    public static void Set(FileDescriptor containers, FileDescriptor names)
    {
        if (Read(containers) is null && Read(names) is null)
        {
            Put(containers, Guid.NewGuid().ToString("N"));
        }

        if (Read(containers) is { } seal && Read(names) is null)
        {
            Put(names, seal);
        }
    }

    /// <summary>Seals the runtime folder, in which a first container is about to be claimed.</summary>
    /// <param name="runtime">RUNTIME/containers.</param>
    /// <param name="containers">STATE/containers.</param>
    public static void SetRuntime(FileDescriptor runtime, FileDescriptor containers)
    {
        if (Read(runtime) is null && Read(containers) is { } seal)
        {
            Put(runtime, seal);
        }
    }

    /// <summary>Whether the folders belong together. A runtime folder without containers belongs to every store.</summary>
    /// <param name="containers">STATE/containers.</param>
    /// <param name="names">STATE/names.</param>
    /// <param name="runtime">RUNTIME/containers.</param>
    /// <returns>Whether they do.</returns>
    public static bool IsWhole(FileDescriptor containers, FileDescriptor names, FileDescriptor runtime) =>
        Read(containers) is var seal && Read(names) == seal && (Read(runtime) ?? seal) == seal;

    private static string? Read(FileDescriptor folder) =>
        FileInspection.TryGetAttribute(folder, Encoding.ASCII.GetBytes(Name), out byte[] seal) == Errno.None ? Encoding.ASCII.GetString(seal) : null;

    /// <summary>Another session may have been faster.</summary>
    private static void Put(FileDescriptor folder, string seal) => _ = FileContent.TrySetAttribute(folder, Encoding.ASCII.GetBytes(Name), Encoding.ASCII.GetBytes(seal), isNew: true);
}
