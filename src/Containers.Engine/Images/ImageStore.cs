namespace Containers.Engine.Images;

/// <summary>An image of the store.</summary>
public sealed record ImageInfo
{
    /// <summary>The digest of its configuration: <c>sha256:...</c>; for the built-in image its name.</summary>
    public required string Id { get; init; }

    /// <summary>Its name with tag, as <c>debian:latest</c>; null where it has lost it.</summary>
    public string? Name { get; init; }

    /// <summary>The digest of its manifest.</summary>
    public string? Digest { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Bytes of its unpacked files.</summary>
    public long Size { get; init; }

    /// <summary>The chain ids of its layers, lowest first.</summary>
    public IReadOnlyList<string> Layers { get; init; } = [];

    /// <summary>amd64, arm64 ... as OCI names them.</summary>
    public string? Architecture { get; init; }

    /// <summary>Whether it is built in (<c>host</c>).</summary>
    public bool IsBuiltIn { get; init; }

    /// <summary>What containers of it run by default.</summary>
    public ImageConfiguration Configuration { get; init; } = new();
}

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

/// <summary>How far an import is.</summary>
/// <param name="BytesRead">Bytes read of the archive.</param>
/// <param name="BytesTotal">The archive's size, or null where it is not known.</param>
/// <param name="Entries">Entries unpacked.</param>
public readonly record struct ImportProgress(long BytesRead, long? BytesTotal, long Entries);

/// <summary>The images of one engine: an OCI image layout with unpacked layers beside it.</summary>
public sealed class ImageStore
{
    internal ImageStore()
    {
    }

    /// <summary>All images, the built-in one first, then by name.</summary>
    /// <returns>The images.</returns>
    public IReadOnlyList<ImageInfo> List() => throw new NotSupportedException();

    /// <summary>The image of that name (tag <c>latest</c> where none is given), id, or unambiguous prefix of an id.</summary>
    /// <param name="nameOrId">A name or the beginning of an id.</param>
    /// <returns>The image.</returns>
    /// <exception cref="EngineException">NotFound, Ambiguous, or InvalidArgument for what is no image name.</exception>
    public ImageInfo Get(string nameOrId) => throw new NotSupportedException();

    /// <summary>Makes an image of one layer from a root file system's tar archive: plain, gzip or zstd.</summary>
    /// <param name="archive">The archive; read once, to its end.</param>
    /// <param name="name">The image's name; a tag may follow a colon.</param>
    /// <param name="configuration">What containers of it run by default.</param>
    /// <param name="progress">Told now and then.</param>
    /// <param name="cancellation">Undoes what was done.</param>
    /// <returns>The image.</returns>
    /// <exception cref="EngineException">InvalidData for a damaged or malicious archive, LimitExceeded, Storage, Canceled. Nothing is left.</exception>
    public ImageInfo ImportRootFileSystem(
        Stream archive, string name, ImageConfiguration configuration, IProgress<ImportProgress>? progress, CancellationToken cancellation) =>
        throw new NotSupportedException();

    /// <summary>Removes an image's name, and the image with every layer that nothing else needs when it was the last name.</summary>
    /// <param name="nameOrId">A name or the beginning of an id.</param>
    /// <param name="force">Whether an image that a container uses loses its name all the same.</param>
    /// <exception cref="EngineException">NotFound, or Busy with the containers that use it.</exception>
    public void Remove(string nameOrId, bool force) => throw new NotSupportedException();
}
