namespace Containers;

/// <summary>Where a log record came from.</summary>
public enum ContainerLogStream
{
    /// <summary>Standard output.</summary>
    StdOut,

    /// <summary>Standard error.</summary>
    StdErr,
}
