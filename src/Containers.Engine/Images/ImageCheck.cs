namespace Containers.Engine.Images;

/// <summary>What a check of an image found.</summary>
/// <param name="Image">The image.</param>
/// <param name="Problems">What is wrong; nothing for a sound image.</param>
/// <param name="Blobs">The number of blobs looked at.</param>
/// <param name="Bytes">Bytes read and hashed.</param>
public sealed record ImageCheck(ImageInfo Image, IReadOnlyList<ImageProblem> Problems, int Blobs, long Bytes);

/// <summary>One thing that is wrong with an image.</summary>
/// <param name="Subject">The digest or chain id of the thing.</param>
/// <param name="Text">What is wrong with it.</param>
public sealed record ImageProblem(string Subject, string Text);
