using System.Text.Json;
using System.Text.Json.Serialization;

namespace Containers.Engine.Security;

/// <summary>Reads one of a fixed set of words; another gets an error that names what is known.</summary>
/// <typeparam name="T">What the words stand for.</typeparam>
/// <param name="what">What such a word is called in a message.</param>
/// <param name="words">The words.</param>
internal abstract class WordConverter<T>(string what, IReadOnlyDictionary<string, T> words) : JsonConverter<T>
    where T : struct
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string? word = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        if (word is not null && words.TryGetValue(word, out T value))
        {
            return value;
        }

        // The serializer adds line and key to the exception as it passes.
        throw new JsonException(word is null
            ? $"{what} must be a string"
            : $"unknown {what} '{word}'; known are {string.Join(", ", words.Keys)}");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(words.First(w => w.Value.Equals(value)).Key);
}

/// <summary>Reads SCMP_ACT_*.</summary>
internal sealed class SeccompActionConverter() : WordConverter<SeccompAction>("action", new Dictionary<string, SeccompAction>(StringComparer.Ordinal)
{
    ["SCMP_ACT_ALLOW"] = SeccompAction.Allow,
    ["SCMP_ACT_ERRNO"] = SeccompAction.Errno,
    ["SCMP_ACT_KILL_PROCESS"] = SeccompAction.KillProcess,
    ["SCMP_ACT_KILL"] = SeccompAction.KillThread,
    ["SCMP_ACT_KILL_THREAD"] = SeccompAction.KillThread,
    ["SCMP_ACT_LOG"] = SeccompAction.Log,
    ["SCMP_ACT_TRACE"] = SeccompAction.Trace,
    ["SCMP_ACT_TRAP"] = SeccompAction.Trap,
});

/// <summary>Reads SCMP_CMP_*.</summary>
internal sealed class SeccompOperatorConverter() : WordConverter<SeccompOperator>("comparison", new Dictionary<string, SeccompOperator>(StringComparer.Ordinal)
{
    ["SCMP_CMP_NE"] = SeccompOperator.NotEqual,
    ["SCMP_CMP_LT"] = SeccompOperator.LessThan,
    ["SCMP_CMP_LE"] = SeccompOperator.LessOrEqual,
    ["SCMP_CMP_EQ"] = SeccompOperator.Equal,
    ["SCMP_CMP_GE"] = SeccompOperator.GreaterOrEqual,
    ["SCMP_CMP_GT"] = SeccompOperator.GreaterThan,
    ["SCMP_CMP_MASKED_EQ"] = SeccompOperator.MaskedEqual,
});
