namespace Containers.Engine.Images;

/// <summary>How far an import is.</summary>
/// <param name="BytesRead">Bytes read of the archive.</param>
/// <param name="BytesTotal">The archive's size, or null where it is not known.</param>
/// <param name="Entries">Entries unpacked.</param>
public readonly record struct ImportProgress(long BytesRead, long? BytesTotal, long Entries);
