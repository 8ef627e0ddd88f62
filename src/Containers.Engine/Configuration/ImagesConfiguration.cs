namespace Containers.Engine.Configuration;

/// <summary>How images are fetched.</summary>
public sealed record ImagesConfiguration
{
    /// <summary>When a container's image is fetched where the container does not say.</summary>
    public ImagePullPolicy Pull { get; init; } = ImagePullPolicy.Missing;

    /// <summary>Layers that are received or sent at the same time, 1 to 16.</summary>
    public int Parallel { get; init; } = 3;
}
