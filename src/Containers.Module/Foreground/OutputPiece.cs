namespace Containers.Foreground;

/// <summary>A piece of a container's output on its way to the pipeline.</summary>
/// <param name="IsError">Whether it is of standard error.</param>
/// <param name="Lines">Its whole lines, where it was decoded.</param>
/// <param name="Bytes">Its bytes, where it was not.</param>
internal readonly record struct OutputPiece(bool IsError, IReadOnlyList<string> Lines, byte[]? Bytes);
