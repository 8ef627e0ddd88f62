namespace Containers;

/// <summary>An image that containers can be made of.</summary>
public sealed class ContainerImage
{
    /// <summary>The digest of its configuration, <c>sha256:...</c>; for the built-in image its name.</summary>
    public required string Id { get; init; }

    /// <summary>The name with its tag; null where it has lost it.</summary>
    public string? Name { get; init; }

    /// <summary>The digest that its name stood for in the registry it came from, else that of its manifest.</summary>
    public string? Digest { get; init; }

    /// <summary>The repository that it came from and the digest it has there; null where it came from none.</summary>
    public string? Origin { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Bytes of its unpacked files.</summary>
    public long Size { get; init; }

    /// <summary>The chain ids of its layers, lowest first.</summary>
    public IReadOnlyList<string> Layer { get; init; } = [];

    /// <summary>The processor it is for, as OCI names it: amd64, arm64 ...</summary>
    public string? Architecture { get; init; }

    /// <summary>The processor's variant, as v7; null where there is none.</summary>
    public string? Variant { get; init; }

    /// <summary>The operating system it is for: linux.</summary>
    public string? Os { get; init; }

    /// <summary>Who made it, as it says itself.</summary>
    public string? Author { get; init; }

    /// <summary>Whether it is built in (<c>host</c>).</summary>
    public bool IsBuiltIn { get; init; }

    /// <summary>Default program, before <see cref="Cmd"/>.</summary>
    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    /// <summary>Default arguments, or the program where there is no entry point.</summary>
    public IReadOnlyList<string> Cmd { get; init; } = [];

    /// <summary>Default variables as KEY=VALUE.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>Default user, and group after a colon.</summary>
    public string? User { get; init; }

    /// <summary>Default current folder.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Default stop signal by name or number.</summary>
    public string? StopSignal { get; init; }

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Label { get; init; } = new Dictionary<string, string>();

    /// <summary>Ports that its programs listen on, as 80/tcp. A note only: nothing is opened.</summary>
    public IReadOnlyList<string> ExposedPort { get; init; } = [];

    /// <summary>Folders whose content is meant to outlive a container. A note only: they lie in the container's writable layer.</summary>
    public IReadOnlyList<string> Volume { get; init; } = [];

    /// <summary>The command that finds out whether a container is well; empty where the image does not say.</summary>
    public IReadOnlyList<string> HealthCommand { get; init; } = [];

    /// <summary>The name, or the id where there is none.</summary>
    /// <returns>The name, or the id where there is none.</returns>
    public override string ToString() => Name ?? Id;
}
