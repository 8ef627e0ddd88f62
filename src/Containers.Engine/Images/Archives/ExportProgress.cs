namespace Containers.Engine.Images.Archives;

/// <summary>How far an export is.</summary>
/// <param name="Bytes">Bytes of the images' blobs written.</param>
/// <param name="Total">Bytes that there are.</param>
public readonly record struct ExportProgress(long Bytes, long Total);
