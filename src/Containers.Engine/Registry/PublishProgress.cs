namespace Containers.Engine.Registry;

/// <summary>How far a blob is on its way to a registry.</summary>
public enum PublishStage
{
    /// <summary>Others are before it.</summary>
    Waiting,

    /// <summary>Its bytes leave.</summary>
    Sending,

    /// <summary>It is there now.</summary>
    Sent,

    /// <summary>It was there already.</summary>
    Existing,

    /// <summary>The registry took it over from another of its repositories.</summary>
    Mounted,
}

/// <summary>How far a blob is on its way to a registry.</summary>
/// <param name="Layer">The blob's digest.</param>
/// <param name="Stage">What is done with it.</param>
/// <param name="Bytes">Bytes sent of it.</param>
/// <param name="Total">Its size in bytes.</param>
public readonly record struct PublishProgress(string Layer, PublishStage Stage, long Bytes, long Total);
