using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>The one image of a container, by name or as an object.</summary>
internal sealed class ImageArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Unwrap(input) switch
        {
            ContainerImage image => image.ToString(),
            System.Collections.IEnumerable and not string => throw new FormatException("A container has one image, not an array of them."),
            _ => Text(input),
        };
}
