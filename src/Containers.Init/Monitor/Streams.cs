using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>
/// Copies the container's output to the log and to the sessions. What one of them has not taken yet stops the reading, so
/// that a slow reader slows the container down and nothing is lost; a reader that has gone is forgotten.
/// </summary>
internal static unsafe class Streams
{
    private const int BufferSize = 16384;
    private const int SetFlags = 4;
    private const int ProtectReadWrite = 3, MapPrivateAnonymous = 0x22;

    internal static void Start(MonitorState* monitor)
    {
        // Pages are touched only as far as output comes in.
        long memory = Sys.Call(SysNr.Mmap, 0, (2 * BufferSize) + JsonLog.MemorySize, ProtectReadWrite, MapPrivateAnonymous, -1, 0);
        monitor->Output.Buffer = (byte*)memory;
        monitor->Error.Buffer = (byte*)memory + BufferSize;
        Sys.Call(SysNr.Fcntl, monitor->Output.Source, SetFlags, Open.NonBlock);
        Sys.Call(SysNr.Fcntl, monitor->Error.Source, SetFlags, Open.NonBlock);
        Sys.Call(SysNr.Fcntl, monitor->Output.Readers[0].Pipe, SetFlags, Open.NonBlock | Open.WriteOnly);
        Sys.Call(SysNr.Fcntl, monitor->Error.Readers[0].Pipe, SetFlags, Open.NonBlock | Open.WriteOnly);
        PlanHeader* plan = monitor->Plan;
        if (plan->LogFolder >= 0)
        {
            JsonLog.Start(&monitor->Log, plan->LogFolder, plan->LogMaxSize, plan->LogMaxFiles, (byte*)memory + (2 * BufferSize));
            monitor->IsLogging = true;
        }
    }

    internal static bool AreOpen(MonitorState* monitor) => monitor->Output.Source >= 0 || monitor->Error.Source >= 0;

    /// <summary>Whether a session is behind with taking what was read.</summary>
    internal static bool AreBlocked(MonitorState* monitor, int first = 0) => IsPending(&monitor->Output, first) || IsPending(&monitor->Error, first);

    /// <summary>Passes nothing more to the sessions that are behind, from a place on.</summary>
    internal static void GiveUp(OutputStream* stream, int first)
    {
        for (int i = first; i < Sessions.Room; i++)
        {
            if (IsPending(stream, stream->Readers + i))
            {
                Sessions.Shut(&stream->Readers[i].Pipe);
            }
        }
    }

    internal static void Prepare(OutputStream* stream, PollEntry* entry)
    {
        entry->Descriptor = IsPending(stream) ? -1 : stream->Source;
        entry->Events = PollEntry.In;
        entry->Returned = 0;
    }

    internal static void PrepareReader(OutputStream* stream, int place, PollEntry* entry)
    {
        StreamReader* reader = stream->Readers + place;
        entry->Descriptor = IsPending(stream, reader) ? reader->Pipe : -1;
        entry->Events = PollEntry.Out;
        entry->Returned = 0;
    }

    /// <summary>Passes on what sessions have room for, and reads what is there once all have taken the last.</summary>
    /// <param name="readers">What came for the first session's pipe; that of the others' follows at <see cref="Sessions.EntriesPerPlace"/> each.</param>
    internal static void Serve(MonitorState* monitor, OutputStream* stream, int number, short returned, PollEntry* readers)
    {
        if (IsPending(stream))
        {
            for (int i = 0; i < Sessions.Room; i++)
            {
                if (readers[Sessions.EntriesPerPlace * i].Returned != 0)
                {
                    Pass(stream, stream->Readers + i);
                    StalledReaders.Note(monitor);
                }
            }

            return;
        }

        // Once the container has ended, its pid namespace is empty: what the pipe holds now is all there will be,
        // even if a process elsewhere was handed the other end.
        if (stream->Source < 0 || (returned == 0 && !monitor->HasEnded))
        {
            return;
        }

        long count = Sys.Call(SysNr.Read, stream->Source, (long)stream->Buffer, BufferSize);
        if (count > 0)
        {
            if (monitor->IsLogging)
            {
                JsonLog.Append(&monitor->Log, number, stream->Buffer, (int)count);
            }

            stream->Length = (int)count;
            StalledReaders.Note(monitor);
            for (int i = 0; i < Sessions.Room; i++)
            {
                stream->Readers[i].Position = 0;
                Pass(stream, stream->Readers + i);
            }
        }
        else if (count != -Error.EINTR && (count != -Error.EAGAIN || monitor->HasEnded))
        {
            End(monitor, stream, number);
        }
    }

    internal static void Close(MonitorState* monitor)
    {
        End(monitor, &monitor->Output, JsonLog.StandardOutput);
        End(monitor, &monitor->Error, JsonLog.StandardError);
        if (monitor->IsLogging)
        {
            JsonLog.Close(&monitor->Log);
            monitor->IsLogging = false;
        }
    }

    private static bool IsPending(OutputStream* stream, int first = 0)
    {
        for (int i = first; i < Sessions.Room; i++)
        {
            if (IsPending(stream, stream->Readers + i))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsPending(OutputStream* stream, StreamReader* reader) => reader->Pipe >= 0 && reader->Position < stream->Length;

    private static void Pass(OutputStream* stream, StreamReader* reader)
    {
        while (IsPending(stream, reader))
        {
            long count = Sys.Call(SysNr.Write, reader->Pipe, (long)(stream->Buffer + reader->Position), stream->Length - reader->Position);
            if (count == -Error.EAGAIN)
            {
                return;
            }

            if (count >= 0)
            {
                reader->Position += (int)count;
            }
            else if (count != -Error.EINTR)
            {
                Sessions.Shut(&reader->Pipe);
            }
        }
    }

    private static void End(MonitorState* monitor, OutputStream* stream, int number)
    {
        if (stream->Source < 0)
        {
            return;
        }

        if (monitor->IsLogging)
        {
            JsonLog.EndStream(&monitor->Log, number);
        }

        Sys.Call(SysNr.Close, stream->Source);
        stream->Source = -1;
        for (int i = 0; i < Sessions.Room; i++)
        {
            Sessions.Shut(&stream->Readers[i].Pipe);
        }
    }
}
