using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>What a container sees of the network.</summary>
internal sealed class NetworkArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        if (Unwrap(input) is NetworkMode mode)
        {
            return mode;
        }

        var text = Text(input);
        return text.ToUpperInvariant() switch
        {
            "NONE" => NetworkMode.None,
            "HOST" => NetworkMode.Host,
            _ => throw new FormatException(
                $"'{text}' is no network that this version has: None (only loopback) and Host (this machine's own) are there."),
        };
    }
}
