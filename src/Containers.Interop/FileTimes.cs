namespace Containers.Interop;

/// <summary>A file's times as utimensat(2) takes them. A time that is null is left as it is.</summary>
/// <param name="AccessedSeconds">Last access in seconds since 1970, or null.</param>
/// <param name="AccessedNanoseconds">The part of a second of it, 0 to 999,999,999.</param>
/// <param name="ModifiedSeconds">Last change of the content in seconds since 1970.</param>
/// <param name="ModifiedNanoseconds">The part of a second of it, 0 to 999,999,999.</param>
public readonly record struct FileTimes(long? AccessedSeconds, int AccessedNanoseconds, long ModifiedSeconds, int ModifiedNanoseconds)
{
    private const long Omit = (1L << 30) - 2;

    internal unsafe void Write(long* pair)
    {
        pair[0] = AccessedSeconds ?? 0;
        pair[1] = AccessedSeconds is null ? Omit : AccessedNanoseconds;
        pair[2] = ModifiedSeconds;
        pair[3] = ModifiedNanoseconds;
    }
}
