using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Events;

/// <summary>
/// The record of what happened: lines of JSON in RUNTIME/events/events.json, appended by whoever acts, each with one write, so that lines of several
/// processes never mix and no lock is needed. A session whose line makes the file too long renames it to events.json.1, over the one before. What happened is
/// not undone because it cannot be recorded: writing never fails. Thread-safe.
/// </summary>
internal sealed class EventLog : IDisposable
{
    /// <summary>The file that is written to; monitors know it by the same name.</summary>
    internal const string FileName = "events.json";

    private const string OldName = FileName + ".1";
    private const int OwnerOnly = 0x180;
    private readonly long maxSize;

    /// <summary>Opens the record, making its folder where it is missing.</summary>
    /// <param name="runtimeRoot">The runtime root.</param>
    /// <param name="maxSize">The size of a file beyond which another is begun: with about 300 bytes a line, some 7,000 of them.</param>
    public EventLog(string runtimeRoot, long maxSize = 2 << 20)
    {
        this.maxSize = maxSize;
        Folder = StoreFolder.OpenRoot(Path.Combine(runtimeRoot, "events"));
    }

    /// <summary>The folder.</summary>
    public FileDescriptor Folder { get; }

    /// <summary>The end of a container's lines.</summary>
    /// <param name="document">The container.</param>
    /// <returns>From the comma on, with the newline.</returns>
    public static byte[] SubjectOf(ContainerDocument document)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(
            new EventSubject(
                ContainerEvent.ContainerType, document.Id, document.Name, document.Options.Image, document.Options.Labels.Count > 0 ? document.Options.Labels : null),
            EventJson.Default.EventSubject);
        json[0] = (byte)',';
        return [.. json, (byte)'\n'];
    }

    /// <summary>Records that something happened to a container.</summary>
    /// <param name="action">One of <see cref="EventAction"/>.</param>
    /// <param name="container">The container.</param>
    /// <param name="attributes">What is particular about it.</param>
    public void Write(string action, ContainerDocument container, params ReadOnlySpan<(string Key, string Value)> attributes) => Write(new ContainerEvent
    {
        Time = DateTimeOffset.UtcNow,
        Type = ContainerEvent.ContainerType,
        Action = action,
        Id = container.Id,
        Name = container.Name,
        Image = container.Options.Image,
        Labels = container.Options.Labels,
        Attributes = ToDictionary(attributes),
    });

    /// <summary>Records that something happened to an image.</summary>
    /// <param name="action">One of <see cref="EventAction"/>.</param>
    /// <param name="image">The image.</param>
    /// <param name="attributes">What is particular about it.</param>
    public void Write(string action, ImageInfo image, params ReadOnlySpan<(string Key, string Value)> attributes) => Write(new ContainerEvent
    {
        Time = DateTimeOffset.UtcNow,
        Type = ContainerEvent.ImageType,
        Action = action,
        Id = image.Id,
        Name = image.Name,
        Image = image.Name,
        Attributes = ToDictionary(attributes),
    });

    /// <summary>Records an event.</summary>
    /// <param name="happened">The event.</param>
    public void Write(ContainerEvent happened)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(EventLine.Of(happened), EventJson.Default.EventLine), (byte)'\n'];

        // By its name each time: another session may have rotated it since the last.
        using FileDescriptor? file = Files.TryOpen(Folder.Number, FileName, LibC.O_WRONLY | LibC.O_APPEND | LibC.O_CREAT | LibC.O_NOFOLLOW, OwnerOnly, out _);
        if (file is not null && Files.TryWriteOnce(file, line) == Errno.None
            && Files.TryStat(file.Number, string.Empty, follow: false, out FileStatus status) == Errno.None && status.Size > maxSize)
        {
            Rotate();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Folder.Dispose();

    /// <summary>Only those who rotate exclude each other: nobody's line waits for a process that is stopped.</summary>
    private void Rotate()
    {
        // Opened anew: the lock of a descriptor that monitors inherit would not end with this call.
        using FileDescriptor? own = Files.TryOpen(Folder.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out _);
        if (own is not null && Files.Lock(own, wait: false, "events")
            && Files.TryStat(Folder.Number, FileName, follow: false, out FileStatus status) == Errno.None && status.Size > maxSize)
        {
            Files.Rename(Folder.Number, FileName, Folder.Number, OldName);
        }
    }

    private static Dictionary<string, string> ToDictionary(ReadOnlySpan<(string Key, string Value)> attributes)
    {
        var result = new Dictionary<string, string>(attributes.Length, StringComparer.Ordinal);
        foreach ((string key, string value) in attributes)
        {
            result[key] = value;
        }

        return result;
    }
}
