using Containers.Engine.Storage;

namespace Containers.Engine.Images;

/// <summary>One layer of an intake: what it comes from, and what became of it.</summary>
/// <param name="origin">Where it comes from.</param>
/// <param name="number">Its number in the intake, which names its folder.</param>
internal sealed class LayerSlot(LayerOrigin origin, int number)
{
    /// <summary>Where it comes from.</summary>
    public LayerOrigin Origin { get; } = origin;

    /// <summary>The name of its folder in the intake's.</summary>
    public string FolderName { get; } = number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whether the store has its bytes already, so that only unpacking is left.</summary>
    public bool HasLocalBlob { get; set; }

    /// <summary>The layer once it is there.</summary>
    public TakenLayer? Taken { get; set; }

    /// <summary>What was staged for it; null where it was there before.</summary>
    public StagedLayer? Staged { get; set; }

    /// <summary>Checks what came against what was expected.</summary>
    /// <param name="staged">What came.</param>
    /// <exception cref="EngineException">InvalidData.</exception>
    public void Accept(StagedLayer staged)
    {
        if (Origin.Size is { } size && size != staged.BlobSize)
        {
            throw Wrong($"it has {staged.BlobSize} bytes instead of {size}");
        }

        if (Origin.Digest is { } digest && digest != staged.BlobDigest)
        {
            throw Wrong($"its bytes have the digest {staged.BlobDigest}");
        }

        if (Origin.DiffId is { } diffId && diffId != staged.DiffId)
        {
            throw Wrong($"uncompressed it has the digest {staged.DiffId} instead of {diffId}");
        }

        Staged = staged;
        Taken = new TakenLayer(staged.DiffId, LayerBlob.DescriptorOf(staged));
    }

    private EngineException Wrong(string reason) =>
        new(EngineErrorReason.InvalidData, Origin.Name, $"The layer {Origin.Name} is not what the image says: {reason}. It is damaged, or was tampered with; nothing of it is kept.");
}
