using Containers.Engine.Layers;

namespace Containers;

/// <summary>Makes the module's objects of the engine's, for comparisons.</summary>
internal static class DifferenceMapping
{
    /// <summary>Maps a difference.</summary>
    /// <param name="difference">The engine's.</param>
    /// <param name="reference">The first image.</param>
    /// <param name="other">The second image.</param>
    /// <returns>The module's.</returns>
    public static ContainerImageDifference ToDifference(this FileDifference difference, string reference, string other) => new()
    {
        Path = difference.Path,
        RawPath = difference.RawPath,
        Change = (ContainerFileChange)difference.Kind,
        Aspect = (ContainerFileAspects)difference.Aspects,
        Type = (ContainerFileType)(difference.After ?? difference.Before ?? Interop.FileKind.Unknown),
        TypeBefore = difference.Before is { } before ? (ContainerFileType)before : null,
        Size = difference.SizeAfter,
        SizeBefore = difference.SizeBefore,
        ReferenceImage = reference,
        DifferenceImage = other,
    };
}
