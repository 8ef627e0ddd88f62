namespace Containers.Engine.Images;

/// <summary>How far a layer is on its way.</summary>
public enum LayerStage
{
    /// <summary>Others are before it.</summary>
    Waiting,

    /// <summary>Its bytes arrive and are unpacked.</summary>
    Receiving,

    /// <summary>It is received and unpacked.</summary>
    Unpacked,

    /// <summary>It was there already.</summary>
    Existing,
}

/// <summary>How far a layer is.</summary>
/// <param name="Layer">The layer: the digest of its bytes, of its uncompressed archive where that is not known, or <c>archive</c>.</param>
/// <param name="Stage">What is done with it.</param>
/// <param name="Bytes">Bytes read of it.</param>
/// <param name="Total">Its size in bytes; null where that is not known.</param>
public readonly record struct LayerProgress(string Layer, LayerStage Stage, long Bytes, long? Total)
{
    /// <summary>Files, folders, links and nodes unpacked.</summary>
    public long Entries { get; init; }
}
