using System.Globalization;
using System.Management.Automation;
using Containers.Arguments;
using Containers.Engine.Images;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Makes an image of one layer from a folder's files, or from a root file system's tar archive. [docker import]</summary>
/// <remarks>
/// Owners, modes, times, links, extended attributes and devices of a folder's files are kept; sockets are left out. Only the folder's own file system is read: another one
/// mounted in it is refused unless -Exclude leaves it out. The tar archive (plain, gzip or zstd) of a root file system becomes the layer as it is. With -SourceDate, or
/// the variable SOURCE_DATE_EPOCH set, the same files make an image of the same digests every time.
/// </remarks>
[Cmdlet(VerbsCommon.New, "ContainerImage", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerImage))]
public sealed class NewContainerImageCommand : ImageMakingCommand
{
    private const string SourceDateVariable = "SOURCE_DATE_EPOCH";

    private bool _isNameUsed;

    /// <summary>The folder, or the tar archive.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The image's name; a tag may follow a colon, else it is latest. An image that has it loses it.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>Files and folders of the folder that are left out, as paths relative to it: var/cache, tmp/build.log.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] Exclude { get; set; } = [];

    /// <summary>
    /// The time that the image gets, and the latest that its files keep: seconds since 1970, or a date. Without it the variable SOURCE_DATE_EPOCH, and where that is not set, now and
    /// the files' own times.
    /// </summary>
    [Parameter]
    [Alias("SourceDateEpoch")]
    [SourceDateArgument]
    public DateTimeOffset? SourceDate { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Resolve() is not { } path)
        {
            return;
        }

        if (_isNameUsed)
        {
            Refuse("OneNameForSeveralImages", $"-Name '{Name}' cannot be the name of several images: give one folder or archive at a time.", Name);
        }

        _isNameUsed = true;
        var options = new ImageMakingOptions { Changes = Changes(), SourceDate = SourceDate ?? OfSession(), Excluded = Exclude };
        if (ShouldProcess($"{path} as '{Name}'", "Make an image"))
        {
            var store = OpenEngine().Images;
            Attempt(EngineErrors.Image, path, () => Make(path, store, options));
        }
    }

    private void Make(string path, ImageStore store, ImageMakingOptions options)
    {
        if (Directory.Exists(path))
        {
            Make($"Making {Name}", progress => store.Make(path, Name, options, progress, StopToken));
            return;
        }

        FileStream archive;
        try
        {
            archive = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(new ErrorRecord(e, "ArchiveNotReadable", ErrorCategory.ReadError, path));
            return;
        }

        using (archive)
        {
            Make($"Making {Name}", progress => store.Make(archive, Name, options, progress, StopToken));
        }
    }

    private string? Resolve()
    {
        try
        {
            // Not as a wildcard: one folder or archive is meant, whatever its name holds.
            var path = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path, out var provider, out _);
            if (!string.Equals(provider.Name, "FileSystem", StringComparison.OrdinalIgnoreCase))
            {
                WriteError(EngineErrors.Usage("PathNotAFile", $"'{Path}' is no file or folder of the file system.", Path));
                return null;
            }

            if (File.Exists(path) || Directory.Exists(path))
            {
                return path;
            }

            WriteError(EngineErrors.Usage("PathNotFound", $"There is neither a folder nor an archive '{path}'.", Path, ErrorCategory.ObjectNotFound));
        }
        catch (Exception e) when (e is ItemNotFoundException or System.Management.Automation.DriveNotFoundException or ProviderNotFoundException)
        {
            WriteError(new ErrorRecord(e, "PathNotFound", ErrorCategory.ObjectNotFound, Path));
        }

        return null;
    }

    private DateTimeOffset? OfSession()
    {
        var text = Environment.GetEnvironmentVariable(SourceDateVariable);
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            Refuse("SourceDateInvalid", $"The variable {SourceDateVariable} is '{Formatting.Line(text)}', which is no number of seconds since 1970. Set it to one, remove it, or give -SourceDate.", text);
        }

        return DateTimeOffset.FromUnixTimeSeconds(seconds);
    }
}
