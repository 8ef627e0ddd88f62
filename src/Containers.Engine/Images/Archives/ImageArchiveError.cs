using System.Text;
using Containers.Engine.Layers;

namespace Containers.Engine.Images.Archives;

/// <summary>The errors of reading image archives, in one wording.</summary>
internal static class ImageArchiveError
{
    /// <summary>What errors name where no file or image of the archive is meant.</summary>
    public const string Subject = "archive";

    /// <summary>Text of the archive for a message.</summary>
    public static string Show(string text) => EntryName.Show(Encoding.UTF8.GetBytes(text));

    /// <summary>The archive is damaged, contradicts itself, or is hostile.</summary>
    public static EngineException Wrong(string reason, Exception? inner = null) =>
        new(EngineErrorReason.InvalidData, Subject, $"The image archive is refused: {reason}. Make it again, or get a good copy of it.", inner);

    /// <summary>A bound was reached.</summary>
    public static EngineException Limit(string reason) => new(EngineErrorReason.LimitExceeded, Subject, $"The image archive is refused: {reason}.");

    /// <summary>It holds what the engine does not read.</summary>
    public static EngineException Unsupported(string reason) => new(EngineErrorReason.NotSupported, Subject, $"The image archive cannot be imported: {reason}.");
}
