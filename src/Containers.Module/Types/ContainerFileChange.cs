namespace Containers;

/// <summary>What became of a file between two images.</summary>
public enum ContainerFileChange
{
    /// <summary>Only the second image has it.</summary>
    Added,

    /// <summary>Both have it, and it is not the same.</summary>
    Changed,

    /// <summary>Only the first image has it.</summary>
    Removed,
}
