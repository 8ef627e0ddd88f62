namespace Containers.Init;

/// <summary>
/// A container's output in the format of Docker's json-file driver, one JSON object a line:
/// <c>{"log":"text\n","stream":"stdout","time":"2026-11-23T22:22:22.123456789Z"}</c>.
/// A record is one line; a line that does not fit <see cref="MaxRecord"/> is several, of which only the last has the newline;
/// what is left without a newline when the stream ends is a record too. No record cuts a character in two.
/// What one call appends reaches the file in one write(2) as long as it fits <see cref="OutputSize"/>.
/// </summary>
internal static unsafe class JsonLog
{
    /// <summary>Bytes of output in one record at most, its newline included.</summary>
    public const int MaxRecord = 16384;

    /// <summary>Bytes that are encoded before they are written.</summary>
    public const int OutputSize = 16384;

    /// <summary>The memory that <see cref="Start"/> wants; its pages are touched only as far as they are needed.</summary>
    public const int MemorySize = OutputSize + (2 * MaxRecord);

    /// <summary>Number of the stream standard output.</summary>
    public const int StandardOutput = 1;

    /// <summary>Number of the stream standard error.</summary>
    public const int StandardError = 2;

    /// <summary>
    /// Prepares the log. The file is opened, going on after what an earlier run of the container wrote, when there is something
    /// to write: a container that says nothing costs no file.
    /// </summary>
    /// <param name="log">Overwritten.</param>
    /// <param name="folder">The folder's descriptor, open as long as the log is.</param>
    /// <param name="maxSize">Bytes that a file may hold; 0 for no bound.</param>
    /// <param name="maxFiles">Files to keep, the current one included; less than 1 is taken for 1.</param>
    /// <param name="memory"><see cref="MemorySize"/> bytes.</param>
    public static void Start(LogState* log, int folder, long maxSize, int maxFiles, byte* memory)
    {
        *log = default;
        log->Folder = folder;
        log->File = -1;
        log->MaxSize = maxSize;
        log->MaxFiles = maxFiles < 1 ? 1 : maxFiles;
        log->Output = memory;
        log->StandardOutput.Bytes = memory + OutputSize;
        log->StandardError.Bytes = memory + OutputSize + MaxRecord;
    }

    /// <summary>Logs what was read from a stream.</summary>
    /// <param name="log">The log.</param>
    /// <param name="stream"><see cref="StandardOutput"/> or <see cref="StandardError"/>.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="length">Their number.</param>
    public static void Append(LogState* log, int stream, byte* data, int length)
    {
        log->TimeLength = 0;
        LogLine* line = LineOf(log, stream);
        if (log->File < 0)
        {
            // Where it fails, as on a full disk, each write tries again.
            LogFile.RemoveSurplus(log);
            _ = LogFile.Open(log);
        }

        while (length > 0)
        {
            // A line that began in an earlier chunk is completed in its buffer; others are taken from where they are.
            int room = MaxRecord - line->Length;
            int count = IndexAfterNewline(data, length < room ? length : room);
            bool complete = count > 0;
            if (!complete)
            {
                count = length < room ? length : room;
            }

            bool full = line->Length + count == MaxRecord;
            if (line->Length == 0 && (complete || full))
            {
                count -= complete ? 0 : JsonText.IncompleteTail(data, count);
                PutRecord(log, stream, data, count);
            }
            else
            {
                Copy(line->Bytes + line->Length, data, count);
                line->Length += count;
                if (complete || full)
                {
                    PutLine(log, stream, line, complete ? 0 : JsonText.IncompleteTail(line->Bytes, line->Length));
                }
            }

            data += count;
            length -= count;
        }

        LogFile.Flush(log, insideRecord: false);
    }

    /// <summary>Logs what a stream that has ended left without a newline.</summary>
    /// <param name="log">The log.</param>
    /// <param name="stream"><see cref="StandardOutput"/> or <see cref="StandardError"/>.</param>
    public static void EndStream(LogState* log, int stream)
    {
        LogLine* line = LineOf(log, stream);
        if (line->Length > 0)
        {
            log->TimeLength = 0;
            PutLine(log, stream, line, keep: 0);
            LogFile.Flush(log, insideRecord: false);
        }
    }

    /// <summary>Closes the file; both streams must have ended.</summary>
    /// <param name="log">The log.</param>
    public static void Close(LogState* log) => LogFile.Close(log);

    /// <summary>Logs a stream's buffered bytes as a record, less the last <paramref name="keep"/>.</summary>
    private static void PutLine(LogState* log, int stream, LogLine* line, int keep)
    {
        int count = line->Length - keep;
        PutRecord(log, stream, line->Bytes, count);
        Copy(line->Bytes, line->Bytes + count, keep);
        line->Length = keep;
    }

    private static void PutRecord(LogState* log, int stream, byte* text, int length)
    {
        if (log->TimeLength == 0)
        {
            long* now = stackalloc long[2];
            now[0] = 0;
            now[1] = 0;
            _ = Sys.Call(SysNr.ClockGettime, 0, (long)now);
            log->TimeLength = LogTime.Format(log->Time, now[0], now[1]);
        }

        // {"log":"
        // ","stream":"stdout","time":"
        // "}
        const int frame = 8 + 28 + 3;
        LogFile.BeginRecord(log, frame + JsonText.EncodedLength(text, length) + log->TimeLength);
        LogFile.Put(log, "{\"log\":\""u8);
        JsonText.Put(log, text, length);
        if (stream == StandardError)
        {
            LogFile.Put(log, "\",\"stream\":\"stderr\",\"time\":\""u8);
        }
        else
        {
            LogFile.Put(log, "\",\"stream\":\"stdout\",\"time\":\""u8);
        }

        for (int i = 0; i < log->TimeLength; i++)
        {
            LogFile.Put(log, log->Time[i]);
        }

        LogFile.Put(log, "\"}\n"u8);
        LogFile.EndRecord(log);
    }

    private static LogLine* LineOf(LogState* log, int stream) =>
        stream == StandardError ? &log->StandardError : &log->StandardOutput;

    private static int IndexAfterNewline(byte* data, int length)
    {
        for (int i = 0; i < length; i++)
        {
            if (data[i] == (byte)'\n')
            {
                return i + 1;
            }
        }

        return 0;
    }

    private static void Copy(byte* to, byte* from, int count)
    {
        for (int i = 0; i < count; i++)
        {
            to[i] = from[i];
        }
    }
}
