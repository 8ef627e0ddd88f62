using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>Devices: <c>/dev/x</c>, <c>/dev/x:/dev/y</c>, <c>/dev/x:/dev/y:rwm</c> and <c>/dev/x:rwm</c>, or <see cref="ContainerDevice"/> objects.</summary>
internal sealed class DeviceArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Elements(input).Select(static value => Unwrap(value) as ContainerDevice ?? Parse(Text(value))).ToArray();

    private static ContainerDevice Parse(string text)
    {
        var device = text.Split(':') switch
        {
            [var source] => new ContainerDevice { Source = source, Target = source },
            [var source, var access] when !access.StartsWith('/') => new ContainerDevice { Source = source, Target = source, Access = access },
            [var source, var target] => new ContainerDevice { Source = source, Target = target },
            [var source, var target, var access] => new ContainerDevice { Source = source, Target = target, Access = access },
            _ => null,
        };
        return device is not null && device.Source.StartsWith('/') && device.Target.StartsWith('/') && device.Access.Length > 0
            && device.Access.All(static c => c is 'r' or 'w' or 'm')
            ? device
            : throw new FormatException($"'{text}' is no device: write '/dev/here', with ':/dev/inside' and ':rwm' (read, write, make nodes) after it where they differ.");
    }
}
