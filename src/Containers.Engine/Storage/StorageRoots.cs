namespace Containers.Engine.Storage;

/// <summary>The two folders an engine works on.</summary>
/// <param name="StateRoot">The folder of what outlives a reboot.</param>
/// <param name="RuntimeRoot">The folder of what does not.</param>
internal sealed record StorageRoots(string StateRoot, string RuntimeRoot);
