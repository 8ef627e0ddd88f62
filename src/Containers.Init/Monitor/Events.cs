using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>
/// The container's own lines in the engine's record of events: that it started and that it ended, which the monitor alone always sees. One write to a file
/// opened for appending is one line, whoever else writes. The file is opened by its name each time, since sessions rotate it.
/// </summary>
internal static unsafe class Events
{
    private const int OwnerOnly = 0x180;

    internal static void Started(MonitorState* monitor)
    {
        byte* text = stackalloc byte[PlanHeader.EventRoom];
        Write(monitor, text, Begin(text, monitor->StartedAt, Text.Z("start"u8)));
    }

    /// <summary>Says the end; once.</summary>
    internal static void Ended(MonitorState* monitor)
    {
        if (monitor->IsEndTold)
        {
            return;
        }

        monitor->IsEndTold = true;
        byte* text = stackalloc byte[PlanHeader.EventRoom];
        byte* end;
        if (monitor->OomKills > 0)
        {
            end = Text.Append(Begin(text, monitor->EndedAt, Text.Z("oom"u8)), Text.Z(",\"attributes\":{\"kills\":\""u8));
            Write(monitor, text, Text.Append(Text.AppendNumber(end, monitor->OomKills), Text.Z("\"}"u8)));
        }

        end = Text.Append(Begin(text, monitor->EndedAt, Text.Z("die"u8)), Text.Z(",\"attributes\":{\"exitCode\":\""u8));
        end = Text.AppendNumber(end, monitor->ExitCode);
        if (monitor->Signal != 0)
        {
            end = Text.AppendNumber(Text.Append(end, Text.Z("\",\"signal\":\""u8)), monitor->Signal);
        }

        Write(monitor, text, Text.Append(end, Text.Z("\"}"u8)));
    }

    private static byte* Begin(byte* text, long time, byte* action)
    {
        byte* end = Text.AppendNumber(Text.Append(text, Text.Z("{\"time\":"u8)), time);
        return Text.Append(Text.Append(Text.Append(end, Text.Z(",\"action\":\""u8)), action), Text.Z("\""u8));
    }

    /// <summary>Puts the text before the rest of the line, which the plan has, and writes both at once.</summary>
    private static void Write(MonitorState* monitor, byte* text, byte* end)
    {
        PlanHeader* plan = monitor->Plan;
        if (plan->EventsFolder < 0)
        {
            return;
        }

        long file = Sys.Call(
            SysNr.Openat, plan->EventsFolder, (long)Text.Z("events.json"u8), Open.WriteOnly | Open.Append | Open.Create | Open.CloseOnExec, OwnerOnly);
        if (file >= 0)
        {
            byte* line = (byte*)plan + plan->EventOffset - (end - text);
            Text.Copy(line, text, (int)(end - text));
            Sys.Call(SysNr.Write, file, (long)line, (end - text) + plan->EventLength);
            Sys.Call(SysNr.Close, file);
        }
    }
}
