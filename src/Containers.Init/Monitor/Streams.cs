using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>
/// Copies the container's output to the log and to the session. What the session has not taken yet stops the reading, so
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
        Sys.Call(SysNr.Fcntl, monitor->Output.Attached, SetFlags, Open.NonBlock | Open.WriteOnly);
        Sys.Call(SysNr.Fcntl, monitor->Error.Attached, SetFlags, Open.NonBlock | Open.WriteOnly);
        PlanHeader* plan = monitor->Plan;
        if (plan->LogFolder >= 0)
        {
            JsonLog.Start(&monitor->Log, plan->LogFolder, plan->LogMaxSize, plan->LogMaxFiles, (byte*)memory + (2 * BufferSize));
            monitor->IsLogging = true;
        }
    }

    internal static bool AreOpen(MonitorState* monitor) => monitor->Output.Source >= 0 || monitor->Error.Source >= 0;

    /// <summary>Whether the session is behind with taking what was read.</summary>
    internal static bool AreBlocked(MonitorState* monitor) => IsPending(&monitor->Output) || IsPending(&monitor->Error);

    internal static void Prepare(OutputStream* stream, PollEntry* entry)
    {
        bool isPending = IsPending(stream);
        entry->Descriptor = isPending ? stream->Attached : stream->Source;
        entry->Events = isPending ? PollEntry.Out : PollEntry.In;
        entry->Returned = 0;
    }

    internal static void Serve(MonitorState* monitor, OutputStream* stream, int number, short returned)
    {
        if (IsPending(stream))
        {
            if (returned != 0)
            {
                Pass(stream);
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

            stream->PendingStart = 0;
            stream->PendingEnd = stream->Attached >= 0 ? (int)count : 0;
            Pass(stream);
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

    private static bool IsPending(OutputStream* stream) => stream->PendingStart < stream->PendingEnd;

    private static void Pass(OutputStream* stream)
    {
        while (IsPending(stream))
        {
            long count = Sys.Call(SysNr.Write, stream->Attached, (long)(stream->Buffer + stream->PendingStart), stream->PendingEnd - stream->PendingStart);
            if (count == -Error.EAGAIN)
            {
                return;
            }

            if (count >= 0)
            {
                stream->PendingStart += (int)count;
            }
            else if (count != -Error.EINTR)
            {
                Sys.Call(SysNr.Close, stream->Attached);
                stream->Attached = -1;
                stream->PendingEnd = stream->PendingStart;
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
        if (stream->Attached >= 0)
        {
            Sys.Call(SysNr.Close, stream->Attached);
            stream->Attached = -1;
        }
    }
}
