namespace Containers.Engine.Layers;

/// <summary>The errors of reading and unpacking an archive, in one wording.</summary>
internal static class ArchiveError
{
    /// <summary>The archive as a whole is damaged.</summary>
    public static EngineException Damaged(string reason, Exception? inner = null) =>
        new(EngineErrorReason.InvalidData, "archive", $"The archive is damaged: {reason}. Make it again, or get a good copy of it.", inner);

    /// <summary>An entry is damaged, or must not be unpacked.</summary>
    public static EngineException Refused(ReadOnlySpan<byte> name, string reason, Exception? inner = null)
    {
        string shown = EntryName.Show(name);
        return new EngineException(EngineErrorReason.InvalidData, shown, $"The archive's entry '{shown}' is refused: {reason}.", inner);
    }

    /// <summary>Something that is there already keeps an entry from being made.</summary>
    public static EngineException InTheWay(ReadOnlySpan<byte> name, string reason)
    {
        string shown = EntryName.Show(name);
        return new EngineException(EngineErrorReason.AlreadyExists, shown, $"'{shown}' cannot be made: {reason}.");
    }

    /// <summary>A bound of <see cref="ExtractionLimits"/> was reached.</summary>
    public static EngineException Limit(string reason) =>
        new(EngineErrorReason.LimitExceeded, "archive", $"Unpacking the archive was ended: {reason}.");
}
