using System.Text.Json;

namespace Containers.Engine.Images;

/// <summary>Lists of documents that come from outside: programs of other languages write null for an empty one, and nothing keeps a null out of them.</summary>
internal static class OciList
{
    /// <summary>A list without nulls.</summary>
    /// <typeparam name="T">Its elements.</typeparam>
    /// <param name="list">The list that was read, or null.</param>
    /// <returns>The list; empty for null.</returns>
    /// <exception cref="JsonException">One of its elements is null.</exception>
    public static List<T> Whole<T>(List<T>? list)
        where T : class => list is null ? [] : list.Contains(null!) ? throw new JsonException("A list holds a null.") : list;
}
