using System;

namespace Containers.Init;

/// <summary>
/// The files under the log: container.log, and after rotation container.log.1, the youngest, and so on. No record is ever spread over two
/// files, and a record that a full disk cut short is taken back, so that what follows it can be read.
/// </summary>
internal static unsafe class LogFile
{
    private const int Interrupted = -4;
    private const int NoEntry = -2;

    private const int ReadWrite = 0x2;
    private const int Create = 0x40;
    private const int AppendOnly = 0x400;
    private const int CloseOnExec = 0x80000;
    private const int OwnerAndGroup = 0x1A0; // 0640
    private const int FromEnd = 2;

    private const int NameSize = 32;

    /// <summary>Opens container.log at its end, without the half record that a killed writer left there.</summary>
    /// <param name="log">The log.</param>
    /// <returns>0, or a negative error number.</returns>
    public static long Open(LogState* log)
    {
        byte* name = stackalloc byte[NameSize];
        Name(name, 0);
        long file = Sys.Call(
            SysNr.Openat, log->Folder, (long)name, ReadWrite | Create | AppendOnly | CloseOnExec, OwnerAndGroup);
        if (file < 0)
        {
            return file;
        }

        log->File = (int)file;
        log->Unfinished = 0;
        log->Torn = 0;
        long size = Sys.Call(SysNr.Lseek, file, 0, FromEnd);
        log->Size = size < 0 ? 0 : size;
        log->Torn = BytesAfterLastNewline(log->File, log->Size);
        return 0;
    }

    /// <summary>Closes container.log, if it is open.</summary>
    /// <param name="log">The log.</param>
    public static void Close(LogState* log)
    {
        if (log->File >= 0)
        {
            _ = Sys.Call(SysNr.Close, log->File);
            log->File = -1;
            log->Size = 0;
            log->Unfinished = 0;
            log->Torn = 0;
        }
    }

    /// <summary>Removes older files that an earlier, larger <see cref="LogState.MaxFiles"/> left.</summary>
    /// <param name="log">The log.</param>
    public static void RemoveSurplus(LogState* log)
    {
        byte* name = stackalloc byte[NameSize];
        for (int number = log->MaxFiles; ; number++)
        {
            Name(name, number);
            if (Sys.Call(SysNr.Unlinkat, log->Folder, (long)name, 0) != 0)
            {
                return;
            }
        }
    }

    /// <summary>Makes room for a record: in the file by rotation, and in the output by writing what is there.</summary>
    /// <param name="log">The log.</param>
    /// <param name="size">The whole record's encoded size.</param>
    public static void BeginRecord(LogState* log, int size)
    {
        bool fits = log->MaxSize <= 0 || log->Size - log->Torn + log->Used + size <= log->MaxSize;
        if (!fits || log->Used + size > JsonLog.OutputSize)
        {
            Flush(log, insideRecord: false);
        }

        if (!fits && log->File >= 0 && log->Size > log->Torn && !Rotate(log))
        {
            // The bound on the disk's use is kept, at the price of the record.
            log->Losing = 1;
        }
    }

    /// <summary>Ends a record; forgets its rest where a part of it is lost.</summary>
    /// <param name="log">The log.</param>
    public static void EndRecord(LogState* log)
    {
        if (log->Losing != 0)
        {
            Flush(log, insideRecord: true);
            log->Losing = 0;
        }
    }

    /// <summary>Adds a byte to the record.</summary>
    /// <param name="log">The log.</param>
    /// <param name="value">The byte.</param>
    public static void Put(LogState* log, byte value)
    {
        if (log->Used == JsonLog.OutputSize)
        {
            Flush(log, insideRecord: true);
        }

        log->Output[log->Used++] = value;
    }

    /// <summary>Adds bytes to the record.</summary>
    /// <param name="log">The log.</param>
    /// <param name="text">The bytes.</param>
    public static void Put(LogState* log, ReadOnlySpan<byte> text)
    {
        fixed (byte* p = text)
        {
            for (int i = 0; i < text.Length; i++)
            {
                Put(log, p[i]);
            }
        }
    }

    /// <summary>Writes the output to the file; what cannot be written is dropped, whole records only.</summary>
    /// <param name="log">The log.</param>
    /// <param name="insideRecord">Whether the last record in the output is not complete yet.</param>
    public static void Flush(LogState* log, bool insideRecord)
    {
        int used = log->Used;
        log->Used = 0;
        if (used == 0)
        {
            return;
        }

        if (log->Losing != 0 || (log->File < 0 && Open(log) < 0) || !TakeBack(log))
        {
            log->Dropped += used;
            log->Losing = insideRecord ? 1 : 0;
            return;
        }

        int done = 0;
        while (done < used)
        {
            long count = Sys.Call(SysNr.Write, log->File, (long)(log->Output + done), used - done);
            if (count > 0)
            {
                done += (int)count;
            }
            else if (count != Interrupted)
            {
                break;
            }
        }

        log->Size += done;

        // A newline stands only at a record's end: inside one it is escaped.
        int end = done;
        while (end > 0 && log->Output[end - 1] != (byte)'\n')
        {
            end--;
        }

        log->Unfinished = end > 0 ? done - end : log->Unfinished + done;
        if (done < used)
        {
            log->Dropped += used - done + log->Unfinished;
            log->Torn = log->Unfinished;
            log->Unfinished = 0;
            log->Losing = insideRecord ? 1 : 0;
            _ = TakeBack(log);
        }
    }

    /// <summary>Cuts off the torn record at the file's end. The size is asked for anew, since others may truncate a log by hand.</summary>
    private static bool TakeBack(LogState* log)
    {
        if (log->Torn == 0)
        {
            return true;
        }

        long size = Sys.Call(SysNr.Lseek, log->File, 0, FromEnd);
        if (size < 0)
        {
            return false;
        }

        size = size < log->Torn ? 0 : size - log->Torn;
        if (Sys.Call(SysNr.Ftruncate, log->File, size) != 0)
        {
            return false;
        }

        log->Size = size;
        log->Torn = 0;
        return true;
    }

    /// <summary>
    /// Renames the files from the oldest on, so that a reader finds each at its number or the next, and opens a new container.log.
    /// With one file only, that is unlinked rather than truncated: a reader that holds it can tell the new one from it.
    /// </summary>
    private static bool Rotate(LogState* log)
    {
        if (!TakeBack(log))
        {
            return false;
        }

        byte* older = stackalloc byte[NameSize];
        byte* younger = stackalloc byte[NameSize];
        for (int number = log->MaxFiles - 1; number > 0; number--)
        {
            Name(older, number);
            Name(younger, number - 1);
            long renamed = Sys.Call(SysNr.Renameat2, log->Folder, (long)younger, log->Folder, (long)older, 0);
            if (renamed != 0 && renamed != NoEntry)
            {
                return false;
            }
        }

        if (log->MaxFiles == 1)
        {
            Name(younger, 0);
            long removed = Sys.Call(SysNr.Unlinkat, log->Folder, (long)younger, 0);
            if (removed != 0 && removed != NoEntry)
            {
                return false;
            }
        }

        Close(log);
        return Open(log) == 0;
    }

    private static long BytesAfterLastNewline(int file, long size)
    {
        const int blockSize = 256;
        byte* block = stackalloc byte[blockSize];
        long position = size;
        while (position > 0)
        {
            long start = position < blockSize ? 0 : position - blockSize;
            long count = Sys.Call(SysNr.Pread64, file, (long)block, position - start, start);
            if (count != position - start)
            {
                return size - position;
            }

            while (count > 0)
            {
                if (block[count - 1] == (byte)'\n')
                {
                    return size - start - count;
                }

                count--;
            }

            position = start;
        }

        return size;
    }

    /// <summary>container.log, or container.log.NUMBER.</summary>
    private static void Name(byte* to, int number)
    {
        int n = 0;
        fixed (byte* text = "container.log"u8)
        {
            while (text[n] != 0)
            {
                to[n] = text[n];
                n++;
            }
        }

        if (number > 0)
        {
            to[n++] = (byte)'.';
            int divisor = 1;
            while (number / divisor >= 10)
            {
                divisor *= 10;
            }

            for (; divisor > 0; divisor /= 10)
            {
                to[n++] = (byte)('0' + (number / divisor % 10));
            }
        }

        to[n] = 0;
    }
}
