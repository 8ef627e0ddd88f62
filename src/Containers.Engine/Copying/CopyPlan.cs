using System.Text;

namespace Containers.Engine.Copying;

/// <summary>Where a copy goes, by the rules of docker cp and cp(1).</summary>
/// <param name="IsInside">Whether it goes into the destination, which is a folder; else into the folder that the destination is in.</param>
/// <param name="TopName">What the copied file or folder is called there; empty where a folder's content goes into a folder that is there.</param>
internal readonly record struct CopyPlan(bool IsInside, byte[] TopName)
{
    /// <summary>Decides.</summary>
    /// <param name="source">The source's path as it was given.</param>
    /// <param name="sourceName">The name of what is copied.</param>
    /// <param name="isFolder">Whether it is a folder.</param>
    /// <param name="destination">The destination's path as it was given.</param>
    /// <param name="destinationName">The name of the destination in its folder.</param>
    /// <param name="isThere">Whether the destination is there.</param>
    /// <param name="isThereAFolder">Whether it is a folder.</param>
    /// <returns>Where.</returns>
    /// <exception cref="EngineException">InvalidArgument or NotFound where it cannot go there.</exception>
    public static CopyPlan Make(string source, byte[] sourceName, bool isFolder, string destination, byte[] destinationName, bool isThere, bool isThereAFolder)
    {
        if (!isFolder && AsksForFolder(source))
        {
            throw new EngineException(EngineErrorReason.InvalidArgument, source, $"'{source}' is not a folder.");
        }

        if (isThereAFolder)
        {
            return new CopyPlan(IsInside: true, isFolder && AsksForContent(source) ? [] : sourceName);
        }

        if (isThere && isFolder)
        {
            throw new EngineException(EngineErrorReason.AlreadyExists, destination, $"The folder '{source}' cannot be copied to '{destination}', which is a file.");
        }

        if (!isFolder && AsksForFolder(destination))
        {
            throw isThere
                ? new EngineException(EngineErrorReason.InvalidArgument, destination, $"'{destination}' is not a folder.")
                : new EngineException(EngineErrorReason.NotFound, destination, $"There is no folder '{destination}'. Make it first, or leave out the closing slash.");
        }

        return new CopyPlan(IsInside: false, destinationName);
    }

    /// <summary>Whether a path says that it is a folder's: it ends with a slash, or as <see cref="AsksForContent"/>.</summary>
    public static bool AsksForFolder(string path) => path.EndsWith('/') || AsksForContent(path);

    /// <summary>Whether a path means what is in a folder: it ends with <c>/.</c>, or is <c>.</c> or the root.</summary>
    public static bool AsksForContent(string path) => path == "." || path.EndsWith("/.", StringComparison.Ordinal) || path.AsSpan().Trim('/').IsEmpty;

    /// <summary>The bytes of a path.</summary>
    public static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path);
}
