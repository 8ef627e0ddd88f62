using System.Management.Automation;
using Containers.Engine.Cgroups;
using Containers.Interop;

namespace Containers.Arguments;

/// <summary>Limits of block devices: <c>/dev/sda:10MB</c> or <c>8:0:10MB</c>, as texts with the device's numbers.</summary>
internal sealed class DeviceLimitArgumentAttribute : ArgumentAttribute
{
    /// <summary>Whether it is in bytes a second, instead of a number.</summary>
    public bool IsSize { get; init; }

    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) => Elements(input).Select(value => One(Text(value))).ToArray();

    /// <summary>Reads what <see cref="Convert(SessionState, object)"/> writes.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The device's numbers and the limit.</returns>
    internal static (int Major, int Minor, long Limit) Read(string text)
    {
        var parts = text.Split(':');
        return (int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), long.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture));
    }

    private string One(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0)
        {
            throw new FormatException($"'{text}' limits no device: write DEVICE:LIMIT, as /dev/sda:10MB.");
        }

        var (device, limit) = (text[..colon], text[(colon + 1)..]);
        var number = LimitArgumentAttribute.Read(limit, limit, IsSize);
        if (device.Split(':') is [var major, var minor] && uint.TryParse(major, out var first) && uint.TryParse(minor, out var second))
        {
            return $"{first}:{second}:{number}";
        }

        return Files.TryStat(Files.CurrentFolder, device, follow: true, out var status) == Errno.None && status.Kind == FileKind.BlockDevice
            ? $"{status.Major}:{status.Minor}:{number}"
            : throw new FormatException($"'{device}' is no block device of this machine.");
    }
}
