namespace Containers.Engine.Images;

/// <summary>An image that is mounted on this machine for looking, read-only.</summary>
/// <param name="Id">What the mount is called: 12 hexadecimal digits.</param>
/// <param name="ImageId">The image's id.</param>
/// <param name="ImageName">The name by which it was mounted.</param>
/// <param name="Path">Where its files are.</param>
public sealed record ImageMount(string Id, string ImageId, string ImageName, string Path);
