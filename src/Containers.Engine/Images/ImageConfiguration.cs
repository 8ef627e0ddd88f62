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
}
