using System.Text;
using Containers.Engine.Layers;

namespace Containers.Engine.Registry;

/// <summary>Shows what a registry said, which is hostile, in messages.</summary>
internal static class RegistryText
{
    /// <summary>The text without anything that a terminal acts on, and cut.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Text for a message.</returns>
    public static string Show(string text) => EntryName.Show(Encoding.UTF8.GetBytes(text));

    /// <summary>An address without its query, which may hold signatures.</summary>
    /// <param name="address">The address.</param>
    /// <returns>Text for a message.</returns>
    public static string Show(Uri address) => Show(address.GetLeftPart(UriPartial.Path));
}
