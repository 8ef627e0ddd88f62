using System.Management.Automation;
using Containers.Arguments;
using Containers.Engine;
using Containers.Engine.Images;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Makes an image of a root file system's tar archive. [docker import, docker load]</summary>
/// <remarks>
/// Takes plain, gzip and zstd archives, as debootstrap with tar, docker export and many distributions make them. Owners, modes,
/// times, links, extended attributes, devices and sparse files are kept. An archive that is damaged, or that tries to write
/// outside of its root, is refused and leaves nothing.
/// </remarks>
[Cmdlet(VerbsData.Import, "ContainerImage", SupportsShouldProcess = true)]
[Alias("Load-ContainerImage")]
[OutputType(typeof(ContainerImage))]
public sealed class ImportContainerImageCommand : ContainerCommand
{
    private static readonly string[] s_extensions = [".gz", ".zst", ".zstd", ".tgz", ".tzst", ".tar"];
    private static readonly TimeSpan s_progressInterval = TimeSpan.FromMilliseconds(250);

    private long _bytesRead;
    private long _bytesTotal;
    private long _entries;

    /// <summary>The archives: paths, with wildcards, or files of Get-ChildItem.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>The image's name; a tag may follow a colon, else it is latest. Without it, the archive's file name without its endings.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>The program that containers of the image run by default, before -Cmd.</summary>
    [Parameter]
    [CommandArgument]
    public string[] Entrypoint { get; set; } = [];

    /// <summary>The default arguments of the entry point, or the default program with its arguments: sh, -c, 'echo hello'.</summary>
    [Parameter]
    [CommandArgument]
    public string[] Cmd { get; set; } = [];

    /// <summary>Variables that containers of the image have: 'KEY=VALUE' texts, a hashtable, or both.</summary>
    [Parameter]
    [EnvironmentArgument]
    public IDictionary<string, string>? Env { get; set; }

    /// <summary>The user that containers of the image run as, and a group after a colon; root unless told.</summary>
    [Parameter]
    [UserArgument]
    public string? User { get; set; }

    /// <summary>The folder that containers of the image start in; / unless told.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>The image's labels: 'KEY=VALUE' texts, a hashtable, or both.</summary>
    [Parameter]
    [LabelArgument]
    public IDictionary<string, string>? Label { get; set; }

    /// <summary>The signal that asks containers of the image to end, by name or number; TERM unless told.</summary>
    [Parameter]
    [SignalArgument]
    [ArgumentCompleter(typeof(Completion.SignalCompleter))]
    public Signal? StopSignal { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var files = Path.SelectMany(Resolve).ToList();
        if (Name is not null && files.Count > 1)
        {
            Refuse("OneNameForSeveralArchives", $"-Name '{Name}' cannot be the name of {files.Count} images: import one archive at a time, or leave -Name out.", Name);
        }

        foreach (var file in files)
        {
            var name = Name ?? NameOf(file);
            if (ShouldProcess($"{file} as '{name}'", "Import"))
            {
                Attempt(EngineErrors.Image, file, () => Import(file, name));
            }
        }
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

    private static string NameOf(string file)
    {
        var name = System.IO.Path.GetFileName(file);
        while (Array.Find(s_extensions, extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) is { } ending)
        {
            name = name[..^ending.Length];
        }

        return name.ToLowerInvariant();
    }

    private void Import(string file, string name)
    {
        if (Directory.Exists(file))
        {
            WriteError(EngineErrors.Usage(
                "ArchiveIsAFolder",
                $"'{file}' is a folder, not a tar archive: make one with tar, or take New-Container -RootFileSystem to use the folder in place.",
                file));
            return;
        }

        FileStream archive;
        try
        {
            archive = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(new ErrorRecord(e, "ArchiveNotReadable", ErrorCategory.ReadError, file));
            return;
        }

        using (archive)
        {
            try
            {
                WriteObject(ImportWithProgress(archive, name).ToContainerImage());
            }
            catch (EngineException e) when (e.Reason != EngineErrorReason.Canceled)
            {
                throw new EngineException(e.Reason, e.Subject, $"Importing '{file}' failed. {e.Message}", e);
            }
        }
    }

    // The engine works on a thread of its own, since only the pipeline's thread may write progress.
    private ImageInfo ImportWithProgress(FileStream archive, string name)
    {
        var engine = OpenEngine();
        var configuration = Configuration();
        var progress = new Progress<ImportProgress>(Note);
        (_bytesRead, _bytesTotal, _entries) = (0, 0, 0);
        var record = new ProgressRecord(1, $"Importing {name}", "Reading the archive");
        var import = Task.Factory.StartNew(
            () => engine.Images.ImportRootFileSystem(archive, name, configuration, progress, StopToken),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        try
        {
            while (!((IAsyncResult)import).AsyncWaitHandle.WaitOne(s_progressInterval))
            {
                Show(record);
            }
        }
        finally
        {
            // Where Ctrl-C ended the display, the archive must not be closed under the import, which ends at once by itself.
            ((IAsyncResult)import).AsyncWaitHandle.WaitOne();
        }

        record.RecordType = ProgressRecordType.Completed;
        WriteProgress(record);
        return import.GetAwaiter().GetResult();
    }

    private void Note(ImportProgress progress)
    {
        // Reports come on pool threads and may overtake each other.
        InterlockedMax(ref _bytesRead, progress.BytesRead);
        InterlockedMax(ref _bytesTotal, progress.BytesTotal ?? 0);
        InterlockedMax(ref _entries, progress.Entries);
    }

    private static void InterlockedMax(ref long place, long value)
    {
        var seen = Volatile.Read(ref place);
        while (value > seen)
        {
            var before = Interlocked.CompareExchange(ref place, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    private void Show(ProgressRecord record)
    {
        var (read, total) = (Volatile.Read(ref _bytesRead), Volatile.Read(ref _bytesTotal));
        record.StatusDescription = total > 0
            ? $"{new ByteSize(read)} of {new ByteSize(total)}, {Volatile.Read(ref _entries)} entries"
            : $"{new ByteSize(read)}, {Volatile.Read(ref _entries)} entries";
        record.PercentComplete = total > 0 ? (int)Math.Min(100, read * 100.0 / total) : -1;
        WriteProgress(record);
    }

    private ImageConfiguration Configuration() => new()
    {
        Entrypoint = Entrypoint,
        Cmd = Cmd,
        Env = [.. (Env ?? new Dictionary<string, string>(StringComparer.Ordinal)).Select(static pair => $"{pair.Key}={pair.Value}")],
        User = User,
        WorkingDir = WorkingDirectory,
        StopSignal = StopSignal?.Name,
        Labels = new Dictionary<string, string>(Label ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal),
    };
}
