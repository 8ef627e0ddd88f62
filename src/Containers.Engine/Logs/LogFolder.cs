using System.Globalization;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Logs;

/// <summary>
/// The files of a log while their writer may rotate them. A rotation renames them from the oldest on, each to the next number, and then makes
/// a new container.log. So a file's number only grows, one number is free for a moment, and the order by number is always the order in time.
/// </summary>
/// <param name="folder">The folder; stays the caller's.</param>
/// <param name="currentName">The name of the file that is written to.</param>
internal sealed class LogFolder(FileDescriptor folder, string currentName = "container.log")
{
    private const int Attempts = 1000;

    /// <summary>Opens all files as they are at one moment.</summary>
    /// <returns>Oldest first; empty where there are none.</returns>
    /// <exception cref="EngineException">A file cannot be opened.</exception>
    internal List<LogSegment> OpenAll()
    {
        for (int attempt = 0; ; attempt++)
        {
            var segments = new List<LogSegment>();
            var numbers = new List<int>();
            foreach (int number in Numbers())
            {
                if (TryOpen(number) is { } segment)
                {
                    segments.Add(segment);
                    numbers.Add(number);
                }
            }

            // Nothing moved between the two looks if each file still has its number and no other file has come.
            if ((numbers.SequenceEqual(Numbers()) && numbers.Zip(segments, HasNumber).All(static same => same)) || attempt == Attempts)
            {
                return segments;
            }

            segments.ForEach(static s => s.Dispose());
        }
    }

    /// <summary>Opens the file that was begun after <paramref name="current"/>.</summary>
    /// <param name="current">An open file.</param>
    /// <returns>The file, or null where there is none yet. Once there is one, nothing is written to <paramref name="current"/> any more.</returns>
    /// <exception cref="EngineException">The file cannot be opened.</exception>
    internal LogSegment? OpenNext(LogSegment current)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            int number = NumberOf(current);
            if (number == 0)
            {
                return null;
            }

            if (number > 0)
            {
                // What has the number before it is the next one only if current has not moved meanwhile.
                LogSegment? next = TryOpen(number - 1);
                if (HasNumber(number, current))
                {
                    return next;
                }

                next?.Dispose();
            }
            else if (current.IsRemoved)
            {
                List<LogSegment> segments = OpenAll();
                segments.Skip(1).ToList().ForEach(static s => s.Dispose());
                return segments.FirstOrDefault();
            }
        }

        return null;
    }

    private string NameOf(int number) =>
        number == 0 ? currentName : string.Create(CultureInfo.InvariantCulture, $"{currentName}.{number}");

    /// <summary>The file's number, or -1. Numbers only grow, so going upwards cannot pass the file by.</summary>
    private int NumberOf(LogSegment segment)
    {
        if (HasNumber(0, segment))
        {
            return 0;
        }

        int last = Numbers().FirstOrDefault(-1) + 1;
        for (int number = 1; number <= last; number++)
        {
            if (HasNumber(number, segment))
            {
                return number;
            }
        }

        return -1;
    }

    private bool HasNumber(int number, LogSegment segment) =>
        Files.TryStat(folder.Number, NameOf(number), follow: false, out FileStatus status) == Errno.None && segment.Is(status);

    /// <summary>The numbers there are, highest first.</summary>
    private List<int> Numbers()
    {
        var numbers = new List<int>();
        try
        {
            foreach (string path in Directory.EnumerateFiles($"/proc/self/fd/{folder.Number}", currentName + "*"))
            {
                ReadOnlySpan<char> suffix = Path.GetFileName(path.AsSpan())[currentName.Length..];
                if (suffix.IsEmpty)
                {
                    numbers.Add(0);
                }
                else if (suffix[0] == '.' && int.TryParse(suffix[1..], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0)
                {
                    numbers.Add(number);
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // The container was removed meanwhile.
            return [];
        }

        numbers.Sort(static (a, b) => b.CompareTo(a));
        return numbers;
    }

    private LogSegment? TryOpen(int number)
    {
        string name = NameOf(number);
        FileDescriptor? file = Files.TryOpen(folder.Number, name, LibC.O_RDONLY | LibC.O_NOFOLLOW | LibC.O_NONBLOCK, 0, out Errno errno);
        if (file is null)
        {
            return errno == Errno.ENOENT ? null : throw Unreadable(name, new KernelException(errno, "opening", name));
        }

        errno = Files.TryStat(file.Number, string.Empty, follow: false, out FileStatus status);
        if (errno == Errno.None && status.Kind == FileKind.Regular)
        {
            return new LogSegment(file, status);
        }

        file.Dispose();
        throw Unreadable(name, new KernelException(errno == Errno.None ? Errno.EINVAL : errno, "using as a log", name));
    }

    private static EngineException Unreadable(string name, KernelException inner) =>
        new(EngineErrorReason.Storage, name, $"'{name}' cannot be read: {inner.Message}.", inner);
}
