using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Containers.Engine.Logs;

/// <summary>One line of a log in Docker's json-file format.</summary>
internal static class LogLine
{
    /// <summary>Bytes beyond which a line is taken for damaged: the writer's longest has 98,400, Docker's may carry labels too.</summary>
    internal const int MaxLength = 1 << 20;

    /// <summary>Parses a line.</summary>
    /// <param name="line">Its bytes without the newline.</param>
    /// <param name="record">The record.</param>
    /// <returns>False where it is no JSON object with a string <c>log</c> and a date <c>time</c>.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> line, [NotNullWhen(true)] out LogRecord? record)
    {
        record = null;
        string? text = null;
        DateTimeOffset? time = null;
        LogStream stream = LogStream.StdOut;
        try
        {
            var reader = new Utf8JsonReader(line);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isText = reader.ValueTextEquals("log"u8);
                bool isTime = reader.ValueTextEquals("time"u8);
                bool isStream = reader.ValueTextEquals("stream"u8);
                _ = reader.Read();
                if (isText && reader.TokenType == JsonTokenType.String)
                {
                    text = reader.GetString();
                }
                else if (isTime && reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out DateTimeOffset value))
                {
                    time = value;
                }
                else if (isStream && reader.TokenType == JsonTokenType.String)
                {
                    stream = reader.ValueTextEquals("stderr"u8) ? LogStream.StdErr : LogStream.StdOut;
                }
                else
                {
                    reader.Skip();
                }
            }

            // A second object on the line makes the reader throw here: two records of which one lost its newline.
            if (text is null || time is null || reader.TokenType != JsonTokenType.EndObject || reader.Read())
            {
                return false;
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: bytes that are no UTF-8, or half of a surrogate pair.
            return false;
        }

        record = new LogRecord(time.Value, stream, text);
        return true;
    }
}
