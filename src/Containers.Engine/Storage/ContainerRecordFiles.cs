using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Containers.Engine.Health;
using Containers.Engine.Runtime;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// What is written down of containers: the document, and beside it who runs, how it ended, its health, its restarts, and that it was stopped. They lie in the state
/// folder; those of a container that goes at its end in the runtime folder. Readers take no lock.
/// </summary>
/// <param name="state"><c>STATE/containers</c>.</param>
/// <param name="runtime"><c>RUNTIME/containers</c>.</param>
internal sealed class ContainerRecordFiles(FileDescriptor state, FileDescriptor runtime)
{
    private const string DocumentName = "container.json", RunningName = "running.json", ExitName = "exit.json", RestartName = "restart.json", StoppedName = "stopped",
        HealthName = "health.json", HealthLockName = "health.lock";

    /// <summary>What the file of a container says that was stopped with the machine.</summary>
    private static readonly byte[] WithMachine = "machine"u8.ToArray();
    private static readonly TimeSpan PatienceWithStart = TimeSpan.FromSeconds(10);

    /// <summary>The folder of the document and the records.</summary>
    public FileDescriptor OpenFolder(string id, bool isKept) =>
        Files.Open((isKept ? state : runtime).Number, id, LibC.O_RDONLY | LibC.O_DIRECTORY);

    /// <summary>Writes a container's document: it is whole from here on.</summary>
    public void Write(ContainerDocument document) =>
        Write(document, DocumentName, JsonSerializer.SerializeToUtf8Bytes(document, ContainerJson.Default.ContainerDocument), durable: !document.Options.RemoveOnExit);

    /// <summary>Writes again how a container ended, or that its end is not known, after a start that failed.</summary>
    public void Restore(ContainerRecords before)
    {
        if (before is { Document: { } document, Exit: { } exit })
        {
            Write(document, ExitName, JsonSerializer.SerializeToUtf8Bytes(exit, ContainerJson.Default.ExitRecord), durable: false);
        }
        else if (before is { Document: { } lost, Running: { } running })
        {
            Write(lost, RunningName, JsonSerializer.SerializeToUtf8Bytes(running, ContainerJson.Default.RunningRecord), durable: false);
        }
    }

    /// <summary>Writes the record of a container's restarts.</summary>
    public void Write(ContainerDocument document, RestartRecord restart) =>
        Write(document, RestartName, JsonSerializer.SerializeToUtf8Bytes(restart, ContainerJson.Default.RestartRecord), durable: false);

    /// <summary>Removes the record of restarts of a container that has no policy (any more).</summary>
    public void ForgetRestarts(string id) => _ = Files.TryRemove(state.Number, $"{id}/{RestartName}", isFolder: false);

    /// <summary>Says that a kept container was stopped, so that its restart policy does not start it again.</summary>
    public void MarkStopped(string id, StopCause cause)
    {
        if (cause == StopCause.User)
        {
            using FileDescriptor? file = Files.TryOpen(
                state.Number, $"{id}/{StoppedName}", LibC.O_WRONLY | LibC.O_CREAT | LibC.O_NOFOLLOW | LibC.O_TRUNC, 0x180, out Errno errno);
            if (file is null && errno != Errno.ENOENT)
            {
                throw new KernelException(errno, "noting that the container is stopped:", id);
            }
        }
        else if (Files.TryOpen(state.Number, id, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out _) is { } folder)
        {
            using (folder)
            {
                // What the user has said before holds at the machine's end too.
                if (!StoreFolder.Has(folder, StoppedName))
                {
                    AtomicDocument.Write(folder.Number, StoppedName, WithMachine, durable: false);
                }
            }
        }
    }

    /// <summary>Whether somebody has stopped a kept container since its last start, whatever its restart policy.</summary>
    public bool IsStopped(string id) => StoreFolder.Has(state, $"{id}/{StoppedName}");

    /// <summary>Takes back that a container was stopped.</summary>
    /// <returns>Whether it was.</returns>
    public bool ClearStopped(string id) => Files.TryRemove(state.Number, $"{id}/{StoppedName}", isFolder: false) == Errno.None;

    /// <summary>Reads what is known of a container.</summary>
    public ContainerRecords Read(string id)
    {
        // The document is in one of two folders; the records lie beside it.
        foreach (FileDescriptor folder in (ReadOnlySpan<FileDescriptor>)[runtime, state])
        {
            if (Read(folder, $"{id}/{DocumentName}", ContainerJson.Default.ContainerDocument) is { } document)
            {
                // The record of restarts first: where it names nobody that waits, what follows is no older than that.
                RestartRecord? restart = document.CanBeStartedAgain ? ReadRestart(folder, id) : null;
                return new ContainerRecords(document, ReadRunning(folder, id), ReadExit(folder, id))
                {
                    Restart = restart, Stopped = restart is null ? null : ReadStopped(folder, id),
                };
            }
        }

        return new ContainerRecords(null, null, null);
    }

    /// <summary>
    /// As <see cref="Read(string)"/>, of a container that is about to be joined or looked into: waits until a first process that lives executes the command. Before, it has the
    /// host's root.
    /// </summary>
    /// <exception cref="EngineException">Busy: its start does not come to an end.</exception>
    public ContainerRecords ReadLaunched(string id, CancellationToken cancellation)
    {
        long deadline = Environment.TickCount64 + (long)PatienceWithStart.TotalMilliseconds;
        while (true)
        {
            ContainerRecords records = Read(id);
            if (records is not { Exit: null, Running.Launched: 0, IsRunning: true })
            {
                return records;
            }

            if (Environment.TickCount64 > deadline)
            {
                string name = records.Document?.Name ?? id[..12];
                throw new EngineException(EngineErrorReason.Busy, name, $"The container '{name}' is still being started, after {PatienceWithStart.TotalSeconds} s: nothing can join it yet.");
            }

            cancellation.ThrowIfCancellationRequested();
            Thread.Sleep(1);
        }
    }

    /// <summary>Removes a container's document: it is half removed from here on.</summary>
    public void RemoveDocument(string id)
    {
        _ = Files.TryRemove(state.Number, $"{id}/{DocumentName}", isFolder: false);
        _ = Files.TryRemove(runtime.Number, $"{id}/{DocumentName}", isFolder: false);
    }

    /// <summary>Forgets which process a container was and how it ended, before it is started.</summary>
    public void Clear(string id, FileDescriptor recordsFolder)
    {
        _ = Files.TryRemove(runtime.Number, $"{id}/{ExitName}", isFolder: false);
        _ = Files.Remove(recordsFolder.Number, RunningName);
        _ = Files.Remove(recordsFolder.Number, ExitName);
        _ = Files.TryRemove(recordsFolder.Number, HealthName, isFolder: false);
    }

    /// <summary>Waits for the right to change the record of a container's health, which is held until the lock is disposed.</summary>
    /// <exception cref="EngineException">NotFound: the container was removed.</exception>
    public FileDescriptor LockHealth(string id)
    {
        FileDescriptor file = Files.TryOpen(runtime.Number, $"{id}/{HealthLockName}", LibC.O_RDONLY | LibC.O_CREAT | LibC.O_NOFOLLOW, 0x180, out Errno errno)
            ?? throw (errno == Errno.ENOENT ? ContainerStore.NotFound(id) : new KernelException(errno, "opening the lock of the health of", id));
        _ = Files.Lock(file, wait: true, id);
        return file;
    }

    /// <summary>Reads what the checks of a container's life have found.</summary>
    public HealthRecord ReadHealth(ContainerDocument document, RunningRecord life)
    {
        FileDescriptor folder = document.Options.RemoveOnExit ? runtime : state;
        try
        {
            return Read(folder, $"{document.Id}/{HealthName}", ContainerJson.Default.HealthRecord) is { } record && record.IsOf(life) ? record : HealthRecord.Of(life);
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Storage)
        {
            // Not fsynced, as the monitor's records.
            return HealthRecord.Of(life);
        }
    }

    /// <summary>Writes what the checks of a container's life have found.</summary>
    public void WriteHealth(ContainerDocument document, HealthRecord health) =>
        Write(document, HealthName, JsonSerializer.SerializeToUtf8Bytes(health, ContainerJson.Default.HealthRecord), durable: false);

    /// <summary>Whether the container has a document that cannot be read.</summary>
    public bool IsDamaged(string id)
    {
        try
        {
            return Read(id) is { Document: null } && (StoreFolder.Has(state, $"{id}/{DocumentName}") || StoreFolder.Has(runtime, $"{id}/{DocumentName}"));
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Storage)
        {
            return true;
        }
    }

    private static T? Read<T>(FileDescriptor folder, string path, JsonTypeInfo<T> type)
        where T : class
    {
        string? text = Files.ReadText(folder.Number, path);
        try
        {
            return text is null ? null : JsonSerializer.Deserialize(text, type);
        }
        catch (JsonException e)
        {
            throw new EngineException(
                EngineErrorReason.Storage, path, $"The record '{path}' is damaged ({e.Message}). Remove-Container -Force removes the container.", e);
        }
    }

    private void Write(ContainerDocument document, string name, byte[] json, bool durable)
    {
        using FileDescriptor folder = OpenFolder(document.Id, isKept: !document.Options.RemoveOnExit);
        AtomicDocument.Write(folder.Number, name, json, durable);
    }

    // The monitor's records are not fsynced: after a loss of power they may be empty. That they are there at all still tells something.
    private static RunningRecord? ReadRunning(FileDescriptor folder, string id)
    {
        try
        {
            return Read(folder, $"{id}/{RunningName}", ContainerJson.Default.RunningRecord);
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Storage)
        {
            return new RunningRecord(string.Empty, 0, 0, 0, 0, 0);
        }
    }

    // Where the disk was full at the end, the monitor has left it in the runtime folder.
    private ExitRecord? ReadExit(FileDescriptor folder, string id)
    {
        try
        {
            return Read(folder, $"{id}/{ExitName}", ContainerJson.Default.ExitRecord)
                ?? (folder == runtime ? null : Read(runtime, $"{id}/{ExitName}", ContainerJson.Default.ExitRecord));
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Storage)
        {
            return null;
        }
    }

    private static RestartRecord ReadRestart(FileDescriptor folder, string id)
    {
        try
        {
            return Read(folder, $"{id}/{RestartName}", ContainerJson.Default.RestartRecord) ?? new RestartRecord();
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Storage)
        {
            return new RestartRecord();
        }
    }

    private static StopCause? ReadStopped(FileDescriptor folder, string id) => Files.ReadText(folder.Number, $"{id}/{StoppedName}") switch
    {
        null => null,
        "" => StopCause.User,
        _ => StopCause.Machine,
    };
}
