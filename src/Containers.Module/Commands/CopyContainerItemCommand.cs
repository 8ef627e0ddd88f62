using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine;
using Containers.Engine.Copying;
using Containers.Engine.Runtime;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Copies files and folders between this machine and a container, running or not. [docker cp]</summary>
/// <remarks>
/// One side is CONTAINER:PATH, as docker cp has it, or a path in the container that -FromContainer or -ToContainer names. Folders are copied with all that is in them; links as links; modes,
/// times, extended attributes, hard links among the copied, and holes are kept. What is copied in keeps its owner by number; what is copied out belongs to who copies, without set-user-id bits, file
/// capabilities, and others' access to devices, unless -Archive keeps all that. A destination that is a folder gets the copy in it; one that is not there gets its name; SOURCE/. means
/// what is in a folder. A file replaces a file once it is whole; never a folder, nor a folder a file. Links in a container lead where they lead there, and never out of it. Volumes are copied to and from as the
/// container sees them; folders in memory only while it runs; /proc, /sys and /dev never. As - one side is a tar archive, by the pipeline, as byte[].
/// </remarks>
[Cmdlet(VerbsCommon.Copy, "ContainerItem", SupportsShouldProcess = true, DefaultParameterSetName = "Address")]
[Alias("Cp-Container")]
[OutputType(typeof(FileSystemInfo), typeof(Container), typeof(byte[]))]
public sealed class CopyContainerItemCommand : ContainerCommand
{
    private const string Opposite = "Copy-ContainerItem one:/PATH - | Copy-ContainerItem - other:/PATH";
    private BytePipe? _pipe;
    private EngineWork<bool>? _streamed;
    private CopyDisplay? _display;
    private CopyAddress? _streamTarget;
    private bool _refused;

    /// <summary>
    /// What is copied: CONTAINER:PATH, or paths of this machine, with wildcards; or - for a tar archive that comes by the pipeline. Files of Get-ChildItem by the pipeline take its place.
    /// </summary>
    [Parameter(Position = 0)]
    [Alias("Path")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Source { get; set; } = [];

    /// <summary>Where to: CONTAINER:PATH, or a path of this machine; or - for a tar archive that is written to the pipeline. May be left out for the present folder when a container's file is copied.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>From the pipeline: files of Get-ChildItem, paths of this machine, or the bytes of a tar archive, plain, gzip or zstd.</summary>
    [Parameter(ValueFromPipeline = true)]
    [ValidateNotNull]
    public object? InputObject { get; set; }

    /// <summary>The container that is copied from, by name, id, beginning of an id, or as an object: -Source is then a path in it, whatever characters it has.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "From")]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    [ValidateCount(1, 1)]
    public string[] FromContainer { get; set; } = [];

    /// <summary>The containers that are copied to, by name, id, beginning of an id, wildcard, or as objects: -Destination is then a path in each.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "To")]
    [SupportsWildcards]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] ToContainer { get; set; } = [];

    /// <summary>Copies what a source that is a symbolic link leads to, and not the link. Links below the source are always copied as links. [-L]</summary>
    [Parameter]
    [Alias("L")]
    public SwitchParameter FollowLink { get; set; }

    /// <summary>Keeps owner and group, by number, of what is copied out of a container, with set-user-id bits and all else that gives their user rights. [-a]</summary>
    [Parameter]
    [Alias("A")]
    public SwitchParameter Archive { get; set; }

    /// <summary>Writes to the pipeline what was made: the file or folder of this machine, or the container.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private CopyOptions Options => new() { FollowLink = FollowLink, Archive = Archive };

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Destination is null && Source.Length == 1 && MyInvocation.ExpectingInput)
        {
            // By the pipeline comes what is copied: the one path is where to.
            (Destination, Source) = (Source[0], []);
        }

        if (Source.Length == 0 && !MyInvocation.ExpectingInput)
        {
            Refuse("CopyNeedsSource", "Say what is copied, and where to: Copy-ContainerItem web:/etc/nginx ./here, or Copy-ContainerItem ./file web:/tmp/", null);
        }

        if (Destination is null && Array.Exists(Source, source => AddressOfSource(source).Container is null))
        {
            Refuse("CopyNeedsDestination", "Say where to: Copy-ContainerItem ./file web:/tmp/", Source);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var isFirst = InputObject is null;
        var value = InputObject is PSObject wrapped ? wrapped.BaseObject : InputObject;
        if (value is Container container)
        {
            Refuse("CopyOfContainer", $"A container is not copied: name it with -FromContainer or -ToContainer, as Copy-ContainerItem -FromContainer {container.Name} /etc/nginx ./here", container);
        }

        if (!isFirst && Source.Length > 0 && Source is not ["-"])
        {
            Refuse("CopyOfTwoSources", "What is copied comes by the pipeline or as -Source, not both ways.", InputObject);
        }

        if (isFirst)
        {
            foreach (var source in Source.Where(static source => source != "-"))
            {
                Copy(AddressOfSource(source));
            }
        }
        else if (BytePipe.BytesOf(value!) is { } bytes)
        {
            Feed(bytes);
        }
        else
        {
            foreach (var path in PathsOf(value!))
            {
                Copy(new CopyAddress(null, path));
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_streamed is { } work)
        {
            _pipe!.Complete();
            Attempt(Record, () =>
            {
                work.Wait(_display!.Show);
                _display.Hide();
                _ = work.Result();
                Pass(_streamTarget!);
            });
        }
        else if (Source is ["-"] && !_refused)
        {
            Refuse("CopyNeedsBytes", "- as the source is a tar archive that comes by the pipeline: Get-Content app.tar -AsByteStream -ReadCount 65536 | Copy-ContainerItem - web:/srv", Source);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _streamed?.Wait(static () => { });
            _pipe?.Dispose();
        }
    }

    private CopyAddress AddressOfSource(string text) => ParameterSetName switch
    {
        "From" => new CopyAddress(FromContainer[0], text),
        "To" => new CopyAddress(null, text),
        _ => CopyAddress.Parse(text, SessionState),
    };

    private CopyAddress AddressOfDestination(string? container) => ParameterSetName switch
    {
        "From" => new CopyAddress(null, Destination ?? "."),
        "To" => new CopyAddress(container, Destination!),
        _ => CopyAddress.Parse(Destination ?? ".", SessionState),
    };

    private void Copy(CopyAddress source)
    {
        if (source.Container is not null)
        {
            CopyOut(source, AddressOfDestination(null));
            return;
        }

        string?[] targets = ParameterSetName == "To" ? [.. FindContainers(ToContainer).Select(static container => container.Name)] : [null];
        foreach (var path in PathsOf(source.Path))
        {
            foreach (var target in targets)
            {
                CopyIn(path, AddressOfDestination(target));
            }
        }
    }

    private void CopyIn(string path, CopyAddress target)
    {
        if (target.Container is null)
        {
            Refuse(
                "CopyWithoutContainer", $"Neither '{path}' nor '{target}' is in a container: write CONTAINER:PATH for the one that is, or name the container with -FromContainer or -ToContainer.", target.Path);
        }

        if (ShouldProcess($"{path} to {target}", "Copy"))
        {
            Attempt(Record, () =>
            {
                var container = Find(target);
                var display = new CopyDisplay(this, $"Copying {path} to {target}");
                _ = display.Run(() =>
                {
                    OpenEngine().CopyIn(container.Id, path, target.Path, Options, display, StopToken);
                    return true;
                });
                Pass(target);
            });
        }
    }

    private void CopyOut(CopyAddress source, CopyAddress target)
    {
        if (target.Container is not null)
        {
            Refuse("CopyBetweenContainers", $"'{source}' and '{target}' are both in containers. Copy by the pipeline: {Opposite}", target.ToString());
        }

        if (!ShouldProcess($"{source} to {(target.IsStream ? "the pipeline" : target.Path)}", "Copy"))
        {
            return;
        }

        Attempt(Record, () =>
        {
            var engine = OpenEngine();
            var container = Find(source);
            var display = new CopyDisplay(this, $"Copying {source}");
            if (target.IsStream)
            {
                ByteOutput.Run(this, StopToken, (output, ending) => engine.CopyOut(container.Id, source.Path, output, Options, display, ending), display.Show);
                display.Hide();
                return;
            }

            var path = LocalPath(target.Path);
            var made = display.Run(() => engine.CopyOut(container.Id, source.Path, path, Options, display, StopToken));
            if (PassThru)
            {
                WriteObject(FileItem.Get(this, made));
            }
        });
    }

    private void Feed(byte[] bytes)
    {
        if (_streamed is null)
        {
            var target = ParameterSetName == "To" ? AddressOfDestination(FindContainers(ToContainer) is [var only] ? only.Name : null) : AddressOfDestination(null);
            if (target.Container is null)
            {
                Refuse("CopyWithoutContainer", "An archive is unpacked into one container: Copy-ContainerItem - CONTAINER:/PATH", target.Path);
            }

            if (_refused || !ShouldProcess($"the bytes of the pipeline to {target}", "Copy"))
            {
                _refused = true;
                return;
            }

            Attempt(Record, () => Begin(target));
            if (_streamed is null)
            {
                _refused = true;
                return;
            }
        }

        // A copy that failed reads no more; its error is told at the end.
        while (!_streamed.IsOver && !_pipe!.TryAdd(bytes, EngineWork<bool>.Interval))
        {
            _display!.Show();
        }
    }

    private void Begin(CopyAddress target)
    {
        var engine = OpenEngine();
        var container = Find(target);
        var pipe = _pipe = new BytePipe(StopToken);
        var display = _display = new CopyDisplay(this, $"Unpacking to {target}");
        _streamTarget = target;
        _streamed = new(() =>
        {
            engine.CopyIn(container.Id, pipe, target.Path, display, StopToken);
            return true;
        });
    }

    private ContainerSnapshot Find(CopyAddress address) => OpenEngine().Get(address.Container!);

    private void Pass(CopyAddress target)
    {
        if (PassThru)
        {
            WriteObject(Find(target).ToContainer());
        }
    }

    private ErrorRecord Record(EngineException failure) => failure.Reason switch
    {
        EngineErrorReason.NotFound when failure.Subject.Contains('/', StringComparison.Ordinal) || failure.Subject.StartsWith('.') =>
            EngineErrors.Record(failure, EngineErrors.Container, failure.Subject, "ContainerPathNotFound"),
        EngineErrorReason.AlreadyExists => EngineErrors.Record(failure, EngineErrors.Container, failure.Subject, "ContainerPathExists"),
        _ => EngineErrors.Record(failure, EngineErrors.Container),
    };

    private List<string> PathsOf(object value)
    {
        if (value is FileSystemInfo file)
        {
            return [file.FullName];
        }

        var text = value as string ?? PSObject.AsPSObject(value).Properties["PSPath"]?.Value?.ToString() ?? PSObject.AsPSObject(value).Properties["FullName"]?.Value?.ToString();
        if (text is null)
        {
            WriteError(EngineErrors.Usage("CopyOfNoFile", $"'{value}' is neither a path nor bytes.", value));
            return [];
        }

        if (!WildcardPattern.ContainsWildcardCharacters(text))
        {
            return [LocalPath(text)];
        }

        try
        {
            var found = SessionState.Path.GetResolvedProviderPathFromPSPath(text, out var provider);
            if (string.Equals(provider.Name, "FileSystem", StringComparison.OrdinalIgnoreCase))
            {
                return [.. found];
            }

            WriteError(EngineErrors.Usage("CopyOfNoFile", $"'{text}' is no path of the file system.", text));
        }
        catch (ItemNotFoundException e)
        {
            WriteError(new ErrorRecord(e, "CopySourceNotFound", ErrorCategory.ObjectNotFound, text));
        }

        return [];
    }

    // What a path's end says of its meaning would not outlive the resolution.
    private string LocalPath(string path)
    {
        var local = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
        if (!string.Equals(provider.Name, "FileSystem", StringComparison.OrdinalIgnoreCase))
        {
            Refuse("CopyOfNoFile", $"'{path}' is no path of the file system.", path);
        }

        local = System.IO.Path.TrimEndingDirectorySeparator(local);
        return path is "." || path.EndsWith("/.", StringComparison.Ordinal) ? System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(local)) + "/."
            : path.EndsWith('/') && local != "/" ? local + "/" : local;
    }
}
