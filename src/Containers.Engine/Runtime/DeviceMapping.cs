namespace Containers.Engine.Runtime;

/// <summary>A device of this machine, or all devices of a folder, in a container.</summary>
/// <param name="Source">An absolute path on this machine: a device node, or a folder with some.</param>
/// <param name="Target">The path inside, below /dev.</param>
/// <param name="Access">What the container may do with it: some of <c>r</c> (read), <c>w</c> (write) and <c>m</c> (make nodes).</param>
public sealed record DeviceMapping(string Source, string Target, string Access = "rwm");
