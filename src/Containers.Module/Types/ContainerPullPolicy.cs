namespace Containers;

/// <summary>When a container's image is fetched from its registry.</summary>
public enum ContainerPullPolicy
{
    /// <summary>Where this machine does not have it.</summary>
    Missing,

    /// <summary>Each time, so that a tag means what it means now; layers that are there are not fetched again.</summary>
    Always,

    /// <summary>Never: an image that is not there is an error, and no network is asked.</summary>
    Never,
}
