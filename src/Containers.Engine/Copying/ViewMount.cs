using Containers.Interop;

namespace Containers.Engine.Copying;

/// <summary>What stands at a path inside in place of the root file system's own.</summary>
/// <param name="Path">The path from the root, links resolved, without a leading slash.</param>
/// <param name="File">The volume's file or folder, opened with O_PATH; null where nothing may be copied.</param>
/// <param name="IsReadOnly">Whether the container may only read it.</param>
/// <param name="Reason">Why nothing may be copied; empty with <paramref name="File"/>.</param>
internal sealed record ViewMount(byte[] Path, FileDescriptor? File, bool IsReadOnly, string Reason);
