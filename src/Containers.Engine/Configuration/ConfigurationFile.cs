using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Configuration;

/// <summary>Changes the configuration file: whole or not at all, and only into one that can be read.</summary>
public static class ConfigurationFile
{
    private const int OpenToAll = 0x1A4;
    private static readonly TimeSpan PatienceWithWriters = TimeSpan.FromSeconds(30), BetweenTries = TimeSpan.FromMilliseconds(20);

    /// <summary>The file that the configuration is read from.</summary>
    /// <param name="path">The file; null for <c>CONTAINERS_CONFIG</c>, else <see cref="EngineConfiguration.DefaultPath"/>.</param>
    /// <returns>Its path. It need not be there.</returns>
    public static string PathInForce(string? path = null) =>
        path ?? (Environment.GetEnvironmentVariable("CONTAINERS_CONFIG") is { Length: > 0 } named ? named : EngineConfiguration.DefaultPath);

    /// <summary>What the configuration would be after changes; nothing is written.</summary>
    /// <param name="changes">The changes.</param>
    /// <param name="path">The file, as <see cref="PathInForce"/> takes it.</param>
    /// <returns>The configuration, checked.</returns>
    /// <exception cref="EngineException">InvalidConfiguration, of what is there or of what would be.</exception>
    public static EngineConfiguration Preview(ConfigurationChanges changes, string? path = null)
    {
        ArgumentNullException.ThrowIfNull(changes);
        string file = PathInForce(path);
        return Check(Changed(ReadIfThere(file), file, changes, dropComments: true), file);
    }

    /// <summary>
    /// Changes the file, made where it is missing. It is written anew: keys keep their order, but layout is lost, and comments are, which only
    /// <paramref name="dropComments"/> allows. Who changes it at the same time waits.
    /// </summary>
    /// <param name="changes">The changes.</param>
    /// <param name="path">The file, as <see cref="PathInForce"/> takes it; a symbolic link stays one, and what it names is changed.</param>
    /// <param name="dropComments">Whether a file with comments is changed all the same.</param>
    /// <param name="cancellation">Ends the waiting for another writer.</param>
    /// <returns>The new configuration.</returns>
    /// <exception cref="EngineException">InvalidConfiguration where the old or the new one is wrong; InvalidArgument for comments; Storage, Timeout. The old file then stands.</exception>
    public static EngineConfiguration Change(
        ConfigurationChanges changes, string? path = null, bool dropComments = false, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(changes);
        string file = PathInForce(path);
        try
        {
            string real = Path.GetFullPath(new FileInfo(file).LinkTarget is null ? file : File.ResolveLinkTarget(file, returnFinalTarget: true)!.FullName);
            string folderPath = Path.GetDirectoryName(real)!, name = Path.GetFileName(real);
            Directory.CreateDirectory(folderPath);
            using FileDescriptor folder = Files.Open(Files.CurrentFolder, folderPath, LibC.O_RDONLY | LibC.O_DIRECTORY);
            using FileDescriptor held = Lock(folder, name, file, cancellation);
            byte[] bytes = Changed(ReadIfThere(file), file, changes, dropComments);
            EngineConfiguration result = Check(bytes, file);
            bool isThere = Files.TryStat(folder.Number, name, follow: false, out FileStatus status) == Errno.None;
            AtomicDocument.Write(folder.Number, name, bytes, durable: true, isThere ? status : new FileStatus { Mode = OpenToAll });
            return result;
        }
        catch (Exception e) when (e is KernelException or IOException or UnauthorizedAccessException)
        {
            throw new EngineException(EngineErrorReason.Storage, file, $"Changing the configuration file '{file}' failed: {e.Message} It is as it was.", e);
        }
    }

    // Not the file itself, which is replaced; not the folder, which everybody may open and so could lock.
    private static FileDescriptor Lock(FileDescriptor folder, string name, string file, CancellationToken cancellation)
    {
        string lockName = $".{name}.lock";
        FileDescriptor held = Files.Open(folder.Number, lockName, LibC.O_RDWR | LibC.O_CREAT | LibC.O_NOFOLLOW, 0x180);
        try
        {
            long start = Stopwatch.GetTimestamp();
            while (!Files.Lock(held, wait: false, lockName))
            {
                cancellation.ThrowIfCancellationRequested();
                if (Stopwatch.GetElapsedTime(start) > PatienceWithWriters)
                {
                    throw new EngineException(EngineErrorReason.Timeout, file, $"Somebody else is changing the configuration file '{file}' and does not end. Try again.");
                }

                cancellation.WaitHandle.WaitOne(BetweenTries);
            }

            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private static EngineConfiguration Check(byte[] bytes, string file)
    {
        try
        {
            string text = Encoding.UTF8.GetString(bytes);

            // As it stands, for sessions with another environment; then as it means in this one.
            new ConfigurationCheck(ConfigurationReader.Read(text, file)).Run();
            return EngineConfiguration.Parse(text, file);
        }
        catch (EngineException wrong) when (wrong.Reason == EngineErrorReason.InvalidConfiguration)
        {
            throw new EngineException(wrong.Reason, file, $"The configuration is not changed, as it would be wrong then: {wrong.Message}", wrong);
        }
    }

    private static string? ReadIfThere(string file) => File.Exists(file) ? ConfigurationReader.ReadText(file) : null;

    private static byte[] Changed(string? text, string file, ConfigurationChanges changes, bool dropComments)
    {
        JsonObject root = [];
        if (text is not null)
        {
            EngineConfiguration before = EngineConfiguration.Parse(text, file);
            if (before.Keys.HasComments && !dropComments)
            {
                throw new EngineException(
                    EngineErrorReason.InvalidArgument, file, $"The configuration file '{file}' has comments, which would be lost. Change it with an editor, or give -Force.");
            }

            root = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip })!.AsObject();
        }

        changes.Apply(root);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            root.WriteTo(writer);
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }
}
