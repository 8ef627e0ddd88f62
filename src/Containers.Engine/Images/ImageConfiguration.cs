namespace Containers.Engine.Images;

/// <summary>The part of an image's configuration that containers start from (OCI image-spec, config.md).</summary>
public sealed record ImageConfiguration
{
    /// <summary>Default program, before <see cref="Cmd"/>.</summary>
    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    /// <summary>Default arguments, or the program where there is no entry point.</summary>
    public IReadOnlyList<string> Cmd { get; init; } = [];

    /// <summary>Default variables as KEY=VALUE.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>Default user[:group].</summary>
    public string? User { get; init; }

    /// <summary>Default current folder.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>Default stop signal by name or number.</summary>
    public string? StopSignal { get; init; }

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Ports that its programs listen on, as <c>80/tcp</c>. A note only: nothing is opened.</summary>
    public IReadOnlyList<string> ExposedPorts { get; init; } = [];

    /// <summary>Paths whose content is meant to outlive a container. A note only as long as there are no named volumes: they lie in the container's writable layer.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>How it is found out whether a container is well; null where the image does not say.</summary>
    public ImageHealthcheck? Healthcheck { get; init; }

    /// <summary>Steps for builds that start from the image.</summary>
    public IReadOnlyList<string> OnBuild { get; init; } = [];

    /// <summary>The shell of builds' steps; empty for the default.</summary>
    public IReadOnlyList<string> Shell { get; init; } = [];
}
