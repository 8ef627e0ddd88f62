using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>A size: a number of bytes, or text with a suffix.</summary>
internal sealed class ByteSizeArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Unwrap(input) switch
        {
            ByteSize size => size,
            var value when TryNumber(value, out var number) => ByteSize.FromNumber(number),
            _ => ByteSize.Parse(Text(input)),
        };
}
