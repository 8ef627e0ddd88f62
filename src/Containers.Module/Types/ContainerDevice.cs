namespace Containers;

/// <summary>A device of this machine, or all devices of a folder, in a container.</summary>
public sealed record ContainerDevice
{
    /// <summary>An absolute path on this machine: a device node, or a folder with some.</summary>
    public required string Source { get; init; }

    /// <summary>The path inside, below /dev.</summary>
    public required string Target { get; init; }

    /// <summary>What the container may do with it: some of r (read), w (write) and m (make nodes).</summary>
    public string Access { get; init; } = "rwm";

    /// <summary>The form that <c>-Device</c> takes: <c>/dev/fuse:/dev/fuse:rwm</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Source}:{Target}:{Access}";
}
