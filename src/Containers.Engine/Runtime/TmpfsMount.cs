namespace Containers.Engine.Runtime;

/// <summary>An in-memory folder inside a container.</summary>
/// <param name="Target">An absolute path inside; made if missing.</param>
/// <param name="Size">Bytes at most; null for the kernel's default, half the memory.</param>
/// <param name="Mode">Permission bits of its root.</param>
/// <param name="Executable">Whether programs may be executed from it.</param>
public sealed record TmpfsMount(string Target, long? Size = null, int Mode = 1023, bool Executable = false)
{
    /// <summary>The number of the user that its root belongs to.</summary>
    public int UserId { get; init; }

    /// <summary>The number of the group that its root belongs to.</summary>
    public int GroupId { get; init; }

    /// <summary>Whether nothing can be written to it.</summary>
    public bool ReadOnly { get; init; }
}
