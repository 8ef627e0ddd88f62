using System.Collections;
using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine;
using Containers.Engine.Images;
using Containers.Engine.Images.Archives;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Makes images of archives: those of docker save, podman save and skopeo, OCI layouts, and root file systems. [docker load, docker import]</summary>
/// <remarks>
/// What an archive is, is found out. An archive of images (a docker archive, or an OCI layout as a tar or as a folder) gives all
/// its images under the names it has for them. The tar archive of a root file system gives an image of one layer; owners, modes,
/// times, links, extended attributes, devices and sparse files are kept. Archives are plain or compressed with gzip or zstd. One
/// that is damaged, contradicts itself, or tries to write outside of its root, is refused and leaves nothing. The parameters of the
/// configuration are for a root file system's archive; an image has its own.
/// </remarks>
[Cmdlet(VerbsData.Import, "ContainerImage", SupportsShouldProcess = true, DefaultParameterSetName = "InputObject")]
[Alias("Load-ContainerImage")]
[OutputType(typeof(ContainerImage))]
public sealed class ImportContainerImageCommand : ImageConfigurationCommand
{
    private const string Stream = "the bytes of the pipeline";
    private static readonly string[] s_extensions = [".gz", ".zst", ".zstd", ".tgz", ".tzst", ".tar"];
    private static readonly string[] s_configuration = [nameof(Entrypoint), nameof(Cmd), nameof(Env), nameof(User), nameof(WorkingDirectory), nameof(Label), nameof(StopSignal)];

    private readonly ProgressRecord _record = new(1, "Importing", "Reading the archive");
    private LayerTally _tally = new();
    private BytePipe? _pipe;
    private EngineWork<IReadOnlyList<ImageInfo>>? _streamed;
    private bool _refused;
    private int _archives;

    /// <summary>The archives, or folders that are OCI layouts: paths, with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = "Path")]
    [Alias("PSPath", "FullName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>From the pipeline: paths, files of Get-ChildItem, or one archive's own bytes as Get-Content -AsByteStream gives them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "InputObject")]
    [ValidateNotNull]
    public object InputObject { get; set; } = "";

    /// <summary>
    /// The image's name; a tag may follow a colon, else it is latest. Without it images keep the names that the archive gives them, and a root file
    /// system is called as its archive, without its endings.
    /// </summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Which image to take of one that is there for several platforms: linux/arm64, linux/arm/v7. Without it the one for this machine.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PlatformCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Platform { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == "Path")
        {
            Import([.. Path.SelectMany(Resolve)]);
            return;
        }

        var value = InputObject is PSObject wrapped ? wrapped.BaseObject : InputObject;
        if (BytePipe.BytesOf(value) is { } bytes)
        {
            Feed(bytes);
        }
        else
        {
            Import(PathsOf(value));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_streamed is { } work)
        {
            _pipe!.Complete();
            Attempt(EngineErrors.Image, Stream, () => Finish(work, Stream));
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            // Cancelled by now: what it did so far is undone before anything else goes on.
            _streamed?.Wait(static () => { });
            _pipe?.Dispose();
        }
    }

    private List<string> PathsOf(object value)
    {
        switch (value)
        {
            case FileSystemInfo file:
                return [file.FullName];
            case string path:
                return Resolve(path);
            case IEnumerable several and not IDictionary:
                return [.. several.Cast<object?>().Where(static one => one is not null).SelectMany(one => PathsOf(one is PSObject wrapped ? wrapped.BaseObject : one!))];
        }

        var properties = PSObject.AsPSObject(value).Properties;
        foreach (var name in new[] { "PSPath", "FullName", "Path" })
        {
            if (properties[name]?.Value is { } found)
            {
                return Resolve(found.ToString() ?? "");
            }
        }

        WriteError(EngineErrors.Usage("ArchiveNotAFile", $"'{value}' is neither a path nor bytes.", value));
        return [];
    }

    private List<string> Resolve(string path)
    {
        try
        {
            var files = SessionState.Path.GetResolvedProviderPathFromPSPath(path, out var provider);
            if (string.Equals(provider.Name, "FileSystem", StringComparison.OrdinalIgnoreCase))
            {
                return [.. files];
            }

            WriteError(EngineErrors.Usage("ArchiveNotAFile", $"'{path}' is no file of the file system.", path));
        }
        catch (ItemNotFoundException e)
        {
            WriteError(new ErrorRecord(e, "ArchiveNotFound", ErrorCategory.ObjectNotFound, path));
        }

        return [];
    }

    private void Import(List<string> files)
    {
        if (Name is not null && (_archives += files.Count) > 1)
        {
            Refuse("OneNameForSeveralArchives", $"-Name '{Name}' cannot be the name of several images: import one archive at a time, or leave -Name out.", Name);
        }

        if (_streamed is not null)
        {
            Refuse("BytesAndPaths", "The pipeline gave bytes and then paths: import the one or the others.", files);
        }

        foreach (var file in files)
        {
            if (ShouldProcess(Name is null ? file : $"{file} as '{Name}'", "Import"))
            {
                Attempt(EngineErrors.Image, file, () => Import(file));
            }
        }
    }

    private void Import(string file)
    {
        var archives = new ImageArchives(OpenEngine().Images);
        var options = Options(NameOf(file));
        _tally = new LayerTally();
        if (Directory.Exists(file))
        {
            if (!File.Exists(System.IO.Path.Combine(file, "oci-layout")) && !File.Exists(System.IO.Path.Combine(file, "manifest.json")))
            {
                WriteError(EngineErrors.Usage(
                    "ArchiveIsAFolder",
                    $"'{file}' is a folder and no OCI image layout. Make an image of a root file system's folder with New-ContainerImage, or take New-Container -RootFileSystem to use the folder in place.",
                    file));
                return;
            }

            Finish(new(() => archives.ImportFolder(file, options, _tally, StopToken)), file);
            return;
        }

        FileStream archive;
        try
        {
            archive = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(new ErrorRecord(e, "ArchiveNotReadable", ErrorCategory.ReadError, file));
            return;
        }

        using (archive)
        {
            Finish(new(() => archives.Import(archive, options, _tally, StopToken)), file);
        }
    }

    private void Feed(byte[] bytes)
    {
        if (_streamed is null)
        {
            if (_refused || !ShouldProcess(Name is null ? Stream : $"{Stream} as '{Name}'", "Import"))
            {
                _refused = true;
                return;
            }

            var archives = new ImageArchives(OpenEngine().Images);
            var options = Options(null);
            var pipe = _pipe = new BytePipe(StopToken);
            _streamed = new(() => archives.Import(pipe, options, _tally, StopToken));
        }

        // An import that failed reads no more; its error is told at the end.
        while (!_streamed.IsOver && !_pipe!.TryAdd(bytes, EngineWork<IReadOnlyList<ImageInfo>>.Interval))
        {
            Show(Stream);
        }
    }

    private void Finish(EngineWork<IReadOnlyList<ImageInfo>> work, string source)
    {
        work.Wait(() => Show(source));
        _record.RecordType = ProgressRecordType.Completed;
        WriteProgress(_record);
        IReadOnlyList<ImageInfo> images;
        try
        {
            images = work.Result();
        }
        catch (EngineException e) when (e.Reason != EngineErrorReason.Canceled)
        {
            throw new EngineException(e.Reason, e.Subject, $"Importing '{source}' failed. {e.Message}", e);
        }

        foreach (var image in images)
        {
            WriteObject(image.ToContainerImage());
        }
    }

    private void Show(string source)
    {
        _record.RecordType = ProgressRecordType.Processing;
        _record.Activity = $"Importing {source}";
        _tally.Describe(_record);
        WriteProgress(_record);
    }

    private static string NameOf(string file)
    {
        var name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(file));
        while (Array.Find(s_extensions, extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) is { } ending)
        {
            name = name[..^ending.Length];
        }

        return name.ToLowerInvariant();
    }

    private ImageImportOptions Options(string? defaultName) => new()
    {
        Name = Name,
        DefaultName = defaultName,
        Platform = Platform is null ? null : ImagePlatform.Parse(Platform),
        Configuration = Array.Exists(s_configuration, MyInvocation.BoundParameters.ContainsKey) ? Changes() : null,
    };
}
