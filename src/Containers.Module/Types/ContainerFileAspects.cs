namespace Containers;

/// <summary>What of a file is not the same in two images.</summary>
[Flags]
public enum ContainerFileAspects
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>What kind of file it is.</summary>
    Type = 1,

    /// <summary>A regular file's content.</summary>
    Content = 2,

    /// <summary>The permission bits.</summary>
    Mode = 4,

    /// <summary>Owner or group.</summary>
    Owner = 8,

    /// <summary>When it was last changed.</summary>
    Time = 16,

    /// <summary>What a symbolic link says.</summary>
    Target = 32,

    /// <summary>The extended attributes.</summary>
    Attributes = 64,

    /// <summary>A device's number.</summary>
    Device = 128,
}
