using Containers.Engine.Copying;
using Containers.Engine.Layers;

namespace Containers.Engine;

/// <content>Containers' files.</content>
public sealed partial class ContainerEngine
{
    /// <summary>
    /// Copies a file or folder of this machine into a container, running or not, with owners and modes, times, links, extended attributes and holes. Each file gets its name once it is whole.
    /// A destination that is a folder gets the copy in it; a source that ends with <c>/.</c> is what is in the folder.
    /// </summary>
    /// <param name="id">The container's id.</param>
    /// <param name="source">A path of this machine.</param>
    /// <param name="destination">A path in the container, from its root. Links in it lead where they lead there, and never out of it.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told of the bytes so far, on other threads; or null.</param>
    /// <param name="cancellation">Ends it half way: what was copied whole by then stays.</param>
    /// <exception cref="EngineException">
    /// NotFound, InvalidArgument, AlreadyExists (a file where a folder should be, or the reverse), NotSupported (/proc, /sys, /dev; an in-memory folder of a container that does not run),
    /// PermissionDenied (read-only), Busy, LimitExceeded, Storage.
    /// </exception>
    public void CopyIn(string id, string source, string destination, CopyOptions options, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        copy.In(id, source, destination, options, progress, cancellation);

    /// <summary>Unpacks a tar archive, plain, gzip or zstd, into a folder of a container.</summary>
    /// <param name="id">The container's id.</param>
    /// <param name="archive">The archive; read to its end.</param>
    /// <param name="destination">A folder in the container, which must be there.</param>
    /// <param name="progress">Told of the bytes so far, on other threads; or null.</param>
    /// <param name="cancellation">Ends it half way.</param>
    /// <exception cref="EngineException">As the other, and InvalidData for a damaged archive, or one with names that lead out of the folder.</exception>
    public void CopyIn(string id, Stream archive, string destination, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        copy.In(id, archive, destination, progress, cancellation);

    /// <summary>Copies a file or folder of a container, running or not, to this machine, as <see cref="CopyIn(string, string, string, CopyOptions, IProgress{long}, CancellationToken)"/>.</summary>
    /// <param name="id">The container's id.</param>
    /// <param name="source">A path in the container, from its root.</param>
    /// <param name="destination">A path of this machine. Below it no link is followed.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told of the bytes so far, on other threads; or null.</param>
    /// <param name="cancellation">Ends it half way: what was copied whole by then stays.</param>
    /// <returns>The path of the copy.</returns>
    /// <exception cref="EngineException">As for copying in.</exception>
    public string CopyOut(string id, string source, string destination, CopyOptions options, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        copy.Out(id, source, destination, options, progress, cancellation);

    /// <summary>Writes a file or folder of a container as a tar archive, owners by number.</summary>
    /// <param name="id">The container's id.</param>
    /// <param name="source">A path in the container, from its root.</param>
    /// <param name="output">Where to; stays the caller's.</param>
    /// <param name="options">How; <see cref="CopyOptions.Archive"/> does not matter.</param>
    /// <param name="progress">Told of the bytes so far, on other threads; or null.</param>
    /// <param name="cancellation">Ends it half way.</param>
    /// <exception cref="EngineException">As for copying out.</exception>
    public void CopyOut(string id, string source, Stream output, CopyOptions options, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        copy.Out(id, source, output, options, progress, cancellation);

    /// <summary>Writes a container's root file system as a tar archive, without what is mounted in it. The file gets its name once it is whole.</summary>
    /// <param name="id">The container's id.</param>
    /// <param name="path">The file.</param>
    /// <param name="force">Whether a file that is there is replaced.</param>
    /// <param name="progress">Told of the bytes so far; or null.</param>
    /// <param name="cancellation">Ends it; nothing is left.</param>
    /// <exception cref="EngineException">NotFound, AlreadyExists, NotSupported (of the built-in image <c>host</c>), InvalidData, Busy, LimitExceeded, Storage.</exception>
    public void Export(string id, string path, bool force, IProgress<long>? progress = null, CancellationToken cancellation = default) => export.Run(id, path, force, progress, cancellation);

    /// <summary>As the other, to a stream.</summary>
    /// <param name="id">The container's id.</param>
    /// <param name="output">Where to; stays the caller's.</param>
    /// <param name="progress">Told of the bytes so far; or null.</param>
    /// <param name="cancellation">Ends it half way.</param>
    /// <exception cref="EngineException">As the other.</exception>
    public void Export(string id, Stream output, IProgress<long>? progress = null, CancellationToken cancellation = default) => export.Run(id, output, progress, cancellation);

    /// <summary>Tells which files a container has added, changed and removed, as against the image that it was made of. It may run.</summary>
    /// <param name="id">The container's id.</param>
    /// <param name="withTimes">Whether files are told of too of which only the time of the last change differs.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The differences, sorted by path; each as it is found.</returns>
    /// <exception cref="EngineException">NotFound, NotSupported where its root file system is a folder, Storage.</exception>
    public IEnumerable<FileDifference> Compare(string id, bool withTimes = false, CancellationToken cancellation = default) => comparison.Run(id, withTimes, cancellation);
}
