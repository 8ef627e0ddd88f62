namespace Containers.Engine.Runtime;

/// <summary>A limit of each process of a container (setrlimit(2)).</summary>
/// <param name="Name">The limit, one of <see cref="Names"/>.</param>
/// <param name="Soft">What holds; -1 for no limit.</param>
/// <param name="Hard">How far a process may raise it for itself; -1 for no limit.</param>
public sealed record ProcessLimit(string Name, long Soft, long Hard)
{
    /// <summary>The names, in the order of the kernel's numbers.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock", "as", "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime",
    ];

    /// <summary>The form that docker run takes: <c>nofile=1024:2048</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Name}={Soft}:{Hard}";
}
