using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>A limit: a number or a size, or <c>Unlimited</c> (also max, as the kernel has it, and -1).</summary>
internal sealed class LimitArgumentAttribute : ArgumentAttribute
{
    /// <summary>Whether it is in bytes.</summary>
    public bool IsSize { get; init; }

    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) => Read(Unwrap(input), Text(input), IsSize);

    /// <summary>Reads a limit.</summary>
    /// <param name="value">The value.</param>
    /// <param name="text">Its text.</param>
    /// <param name="isSize">Whether it is in bytes.</param>
    /// <returns>The limit; <see cref="long.MaxValue"/> for none.</returns>
    internal static long Read(object? value, string text, bool isSize)
    {
        if (text.ToUpperInvariant() is "UNLIMITED" or "MAX" or "-1")
        {
            return long.MaxValue;
        }

        if (value is ByteSize size)
        {
            return size.Bytes;
        }

        if (isSize)
        {
            return TryNumber(value, out var bytes) ? ByteSize.FromNumber(bytes).Bytes : ByteSize.Parse(text).Bytes;
        }

        return long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= 0
            ? number
            : throw new FormatException($"'{text}' is no limit: write a whole number, or Unlimited.");
    }
}
