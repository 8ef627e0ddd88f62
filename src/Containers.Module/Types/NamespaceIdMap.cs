using System.Globalization;

namespace Containers;

/// <summary>A range of user or group ids of a user namespace, and what they are outside of it (user_namespaces(7)).</summary>
/// <param name="inside">The first id inside.</param>
/// <param name="outside">The first id outside.</param>
/// <param name="count">How many ids, at least 1.</param>
public sealed class NamespaceIdMap(uint inside, uint outside, uint count)
{
    /// <summary>The first id inside.</summary>
    public uint Inside { get; } = inside;

    /// <summary>The first id outside.</summary>
    public uint Outside { get; } = outside;

    /// <summary>How many ids follow each other.</summary>
    public uint Count { get; } = count;

    /// <summary>Reads <c>INSIDE:OUTSIDE:COUNT</c>, as docker's peers write it.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The range.</returns>
    /// <exception cref="FormatException">It is no range.</exception>
    public static NamespaceIdMap Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(':');
        var numbers = parts.Select(static part => uint.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : (uint?)null).ToArray();
        return numbers is [{ } inside, { } outside, { } count] && count > 0
            ? new NamespaceIdMap(inside, outside, count)
            : throw new FormatException($"'{text}' is no range of ids: write INSIDE:OUTSIDE:COUNT, as 0:100000:65536.");
    }

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Inside}:{Outside}:{Count}";
}
