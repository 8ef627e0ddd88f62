namespace Containers;

/// <summary>A limit of each process of a container (setrlimit(2)).</summary>
/// <param name="Name">The limit: <c>nofile</c>, <c>core</c>.</param>
/// <param name="Soft">What holds; -1 for no limit.</param>
/// <param name="Hard">How far a process may raise it for itself; -1 for no limit.</param>
public sealed record ContainerUlimit(string Name, long Soft, long Hard)
{
    /// <summary>The form that <c>-Ulimit</c> takes: <c>nofile=1024:2048</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Name}={Soft}:{Hard}";
}
