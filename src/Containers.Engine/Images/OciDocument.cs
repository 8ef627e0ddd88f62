using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Containers.Engine.Layers;

namespace Containers.Engine.Images;

/// <summary>Reads documents that may hold anything.</summary>
internal static class OciDocument
{
    /// <summary>Parses a document.</summary>
    /// <typeparam name="T">What it should be.</typeparam>
    /// <param name="bytes">The bytes.</param>
    /// <param name="type">How to read it.</param>
    /// <param name="problem">What is wrong with it, fit for a message; null where it was read.</param>
    /// <returns>The document; null where it is none.</returns>
    public static T? TryParse<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type, out string? problem)
        where T : class => TryParse(bytes, type, out problem, out _);

    /// <summary>Parses a document.</summary>
    /// <typeparam name="T">What it should be.</typeparam>
    /// <param name="bytes">The bytes.</param>
    /// <param name="type">How to read it.</param>
    /// <param name="problem">What is wrong with it, fit for a message; null where it was read.</param>
    /// <param name="cause">What the problem follows from, which tells the place; null where it was read, or is null.</param>
    /// <returns>The document; null where it is none.</returns>
    public static T? TryParse<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type, out string? problem, out Exception? cause)
        where T : class
    {
        cause = null;
        try
        {
            T? document = JsonSerializer.Deserialize(bytes, type);
            problem = document is null ? "it is null" : null;
            return document;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or NotSupportedException)
        {
            cause = failure;
            problem = EntryName.Show(Encoding.UTF8.GetBytes(failure.Message.TrimEnd('.')));
            return null;
        }
    }
}
