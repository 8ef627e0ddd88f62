using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Containers.Engine.Events;

/// <summary>A line of the record. Monitors write theirs without a serializer: time, action and attributes come first, then an <see cref="EventSubject"/>.</summary>
/// <param name="Time">Nanoseconds since 1970.</param>
/// <param name="Action">What happened.</param>
/// <param name="Attributes">What is particular about it.</param>
/// <param name="Type">What it happened to.</param>
/// <param name="Id">Which one.</param>
/// <param name="Name">Its name.</param>
/// <param name="Image">Its image's name.</param>
/// <param name="Labels">Its labels.</param>
internal sealed record EventLine(
    long Time, string Action, IReadOnlyDictionary<string, string>? Attributes, string Type, string Id, string? Name, string? Image, IReadOnlyDictionary<string, string>? Labels)
{
    private static ReadOnlySpan<byte> Beginning => "{\"time\":"u8;

    /// <summary>Makes a line of an event.</summary>
    public static EventLine Of(ContainerEvent happened) => new(
        (happened.Time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick,
        happened.Action, happened.Attributes, happened.Type, happened.Id, happened.Name, happened.Image, happened.Labels);

    /// <summary>Reads a line.</summary>
    /// <param name="line">Its bytes without the newline.</param>
    /// <param name="happened">The event.</param>
    /// <returns>False for what is none.</returns>
    public static bool TryParse(ReadOnlySpan<byte> line, [NotNullWhen(true)] out ContainerEvent? happened)
    {
        happened = Parse(line);
        if (happened is null && line.LastIndexOf(Beginning) is > 0 and int begin)
        {
            // A writer that was killed, or found the disk full, left half a line, which the next one's is now the end of.
            happened = Parse(line[begin..]);
        }

        return happened is not null;
    }

    private static ContainerEvent? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return line.IsEmpty || JsonSerializer.Deserialize(line, EventJson.Default.EventLine) is not { Action: not null, Type: not null, Id: not null } read
                ? null
                : new ContainerEvent
                {
                    Time = DateTimeOffset.UnixEpoch.AddTicks(read.Time / TimeSpan.NanosecondsPerTick),
                    Type = read.Type,
                    Action = read.Action,
                    Id = read.Id,
                    Name = read.Name,
                    Image = read.Image,
                    Labels = read.Labels ?? new Dictionary<string, string>(),
                    Attributes = read.Attributes ?? new Dictionary<string, string>(),
                };
        }
        catch (Exception e) when (e is JsonException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }
}

/// <summary>The end of a line: what it happened to.</summary>
/// <param name="Type">What it happened to.</param>
/// <param name="Id">Which one.</param>
/// <param name="Name">Its name.</param>
/// <param name="Image">Its image's name.</param>
/// <param name="Labels">Its labels.</param>
internal sealed record EventSubject(string Type, string Id, string? Name, string? Image, IReadOnlyDictionary<string, string>? Labels);

/// <summary>JSON of the record, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EventLine))]
[JsonSerializable(typeof(EventSubject))]
internal sealed partial class EventJson : JsonSerializerContext;
