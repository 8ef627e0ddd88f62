using System.Globalization;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>A number of processors, with a point as the decimal separator in every culture, or Unlimited.</summary>
internal sealed class LimitOfCpusArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        var text = Text(input);
        if (text.ToUpperInvariant() is "UNLIMITED" or "MAX" or "-1")
        {
            return decimal.MaxValue;
        }

        return (TryNumber(Unwrap(input), out var number) || decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number)) && number > 0
            ? number
            : throw new FormatException($"'{text}' is no number of processors: write one above 0 with a point, as 0.5 or 2, or Unlimited.");
    }
}
