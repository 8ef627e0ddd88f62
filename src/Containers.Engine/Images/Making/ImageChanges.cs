namespace Containers.Engine.Images;

/// <summary>What a new image's configuration says otherwise than that of the image it is made of (OCI image-spec, config.md). Null: as there.</summary>
public sealed record ImageChanges
{
    /// <summary>Default program, before <see cref="Cmd"/>; empty: none.</summary>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>Default arguments, or the program where there is no entry point; empty: none.</summary>
    public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary>Variables that are added, or get another value.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>Default user[:group]; empty: root.</summary>
    public string? User { get; init; }

    /// <summary>Default current folder, an absolute path; empty: none.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>Default stop signal by name or number; empty: none.</summary>
    public string? StopSignal { get; init; }

    /// <summary>Labels that are added, or get another value.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Ports that are added, as <c>80/tcp</c> or <c>80</c>.</summary>
    public IReadOnlyList<string> ExposedPorts { get; init; } = [];

    /// <summary>Folders with data of their own that are added: absolute paths.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>Who made the image.</summary>
    public string? Author { get; init; }

    /// <summary>A remark for the image's history.</summary>
    public string? Comment { get; init; }
}
