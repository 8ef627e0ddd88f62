using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>One image, by name or as an object; or a layer, where one can stand for an image.</summary>
internal sealed class ImageArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Unwrap(input) switch
        {
            ContainerImage image => image.ToString(),
            ContainerLayer layer => layer.Id,
            System.Collections.IEnumerable and not string => throw new FormatException("A container has one image, not an array of them."),
            _ => Text(input),
        };
}
