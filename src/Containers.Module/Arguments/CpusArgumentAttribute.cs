using System.Globalization;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>A number of processors, with a point as the decimal separator in every culture.</summary>
internal sealed class CpusArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        if (!TryNumber(Unwrap(input), out var number)
            && !decimal.TryParse(Text(input), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number))
        {
            throw new FormatException($"'{Text(input)}' is no number of processors: write one with a point, as 0.5 or 2.");
        }

        return number > 0 ? number : throw new FormatException($"'{number}' is no number of processors: it must be above 0.");
    }
}
