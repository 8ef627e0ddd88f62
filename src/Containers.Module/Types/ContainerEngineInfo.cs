namespace Containers;

/// <summary>What the engine runs on and with.</summary>
public sealed class ContainerEngineInfo
{
    /// <summary>The engine's version.</summary>
    public required string Version { get; init; }

    /// <summary>The kernel's release, as uname -r gives it.</summary>
    public required string KernelVersion { get; init; }

    /// <summary>x64 or arm64.</summary>
    public required string Architecture { get; init; }

    /// <summary>V1, V2 or Hybrid.</summary>
    public required string CgroupVersion { get; init; }

    /// <summary>The cgroup controllers containers can use.</summary>
    public required IReadOnlyList<string> CgroupController { get; init; }

    /// <summary>The folder of what outlives a reboot.</summary>
    public required string StateRoot { get; init; }

    /// <summary>The folder of what does not.</summary>
    public required string RuntimeRoot { get; init; }

    /// <summary>The configuration file in force, or null where there is none.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary>The number of containers in any state.</summary>
    public int Containers { get; init; }

    /// <summary>The number of running containers.</summary>
    public int ContainersRunning { get; init; }

    /// <summary>The number of images, the built-in one included.</summary>
    public int Images { get; init; }

    /// <summary>Logical processors.</summary>
    public int Processors { get; init; }

    /// <summary>The machine's memory in bytes.</summary>
    public long Memory { get; init; }
}
