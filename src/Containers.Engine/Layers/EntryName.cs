using System.Text;

namespace Containers.Engine.Layers;

/// <summary>Shows names that are bytes, and hostile, in messages.</summary>
internal static class EntryName
{
    private const int Longest = 200;

    /// <summary>The name as text: what is not printable is escaped as <c>\xNN</c>, so that no terminal acts on it; cut after 200 characters.</summary>
    /// <param name="name">The name.</param>
    /// <returns>Text for a message.</returns>
    public static string Show(ReadOnlySpan<byte> name) => Show(name, Longest);

    /// <summary>The name as text, whole.</summary>
    /// <param name="name">The name.</param>
    /// <returns>Text for an object or a message.</returns>
    public static string ShowWhole(ReadOnlySpan<byte> name) => Show(name, int.MaxValue);

    private static string Show(ReadOnlySpan<byte> name, int longest)
    {
        var text = new StringBuilder();
        while (!name.IsEmpty)
        {
            if (text.Length >= longest)
            {
                return text.Append("...").ToString();
            }

            bool isWhole = Rune.DecodeFromUtf8(name, out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            if (isWhole && IsPrintable(rune))
            {
                text.Append(rune);
            }
            else
            {
                foreach (byte b in name[..length])
                {
                    text.Append("\\x").Append(b.ToString("x2"));
                }
            }

            name = name[length..];
        }

        return text.ToString();
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator
        or System.Globalization.UnicodeCategory.ParagraphSeparator or System.Globalization.UnicodeCategory.OtherNotAssigned
        or System.Globalization.UnicodeCategory.PrivateUse or System.Globalization.UnicodeCategory.Surrogate);
}
