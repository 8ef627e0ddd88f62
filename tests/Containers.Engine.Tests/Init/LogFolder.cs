using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Init;

/// <summary>A log of the helper's writer in a folder of its own.</summary>
internal sealed unsafe class LogFolder : IDisposable
{
    private readonly bool ownsFolder;
    private readonly FileDescriptor folder;
    private readonly LogState* log;
    private readonly byte* memory;

    internal LogFolder(long maxSize = 0, int maxFiles = 1, string? path = null)
    {
        ownsFolder = path is null;
        Path = path ?? Directory.CreateTempSubdirectory("containers-log-").FullName;
        folder = Files.Open(Files.CurrentFolder, Path, LibC.O_RDONLY | LibC.O_DIRECTORY);
        log = (LogState*)NativeMemory.AllocZeroed((nuint)sizeof(LogState));
        memory = (byte*)NativeMemory.Alloc(JsonLog.MemorySize);
        JsonLog.Start(log, folder.Number, maxSize, maxFiles, memory);
    }

    internal string Path { get; }

    internal long Dropped => log->Dropped;

    /// <summary>The log's files that are there, oldest first.</summary>
    internal string[] FileNames =>
        [.. Directory.GetFiles(Path, "container.log*").OrderByDescending(static p => p.EndsWith("log", StringComparison.Ordinal)
            ? 0 : int.Parse(System.IO.Path.GetExtension(p)[1..]))];

    internal void Append(ReadOnlySpan<byte> data, int stream = JsonLog.StandardOutput)
    {
        fixed (byte* p = data)
        {
            JsonLog.Append(log, stream, p, data.Length);
        }
    }

    internal void Append(string text, int stream = JsonLog.StandardOutput) => Append(Encoding.UTF8.GetBytes(text), stream);

    internal void End()
    {
        JsonLog.EndStream(log, JsonLog.StandardOutput);
        JsonLog.EndStream(log, JsonLog.StandardError);
    }

    internal string[] Lines() =>
        [.. FileNames.SelectMany(static file =>
        {
            string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(file));
            Assert.True(text.Length == 0 || text.EndsWith('\n'), $"{file} ends inside a record");
            return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        })];

    internal (string Text, string Stream)[] Records() =>
        [.. Lines().Select(static line =>
        {
            using JsonDocument document = JsonDocument.Parse(line);
            Assert.Equal(["log", "stream", "time"], document.RootElement.EnumerateObject().Select(static p => p.Name));
            DateTimeOffset time = document.RootElement.GetProperty("time").GetDateTimeOffset();
            Assert.InRange(time, DateTimeOffset.UtcNow.AddMinutes(-10), DateTimeOffset.UtcNow.AddMinutes(1));
            return (document.RootElement.GetProperty("log").GetString()!, document.RootElement.GetProperty("stream").GetString()!);
        })];

    internal string Text(string stream = "stdout") =>
        string.Concat(Records().Where(r => r.Stream == stream).Select(static r => r.Text));

    public void Dispose()
    {
        JsonLog.Close(log);
        NativeMemory.Free(log);
        NativeMemory.Free(memory);
        folder.Dispose();
        if (ownsFolder)
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
