using System.Collections;
using System.Management.Automation;
using System.Text;

namespace Containers.Foreground;

/// <summary>Turns objects of the pipeline into the bytes of a standard input.</summary>
internal static class InputEncoding
{
    /// <summary>
    /// Bytes stay bytes; everything else is a line of UTF-8 text that ends with a newline, the elements of an array a line
    /// each. Null gives nothing.
    /// </summary>
    /// <param name="input">The object.</param>
    /// <returns>The bytes.</returns>
    public static byte[] Encode(object? input)
    {
        var value = input is PSObject wrapped ? wrapped.BaseObject : input;
        switch (value)
        {
            case null:
                return [];
            case byte[] bytes:
                return bytes;
            case byte single:
                return [single];
            case IEnumerable several and not (string or IDictionary):
                return [.. several.Cast<object?>().SelectMany(Encode)];
            default:
                return Encoding.UTF8.GetBytes(LanguagePrimitives.ConvertTo<string>(input) + "\n");
        }
    }
}
