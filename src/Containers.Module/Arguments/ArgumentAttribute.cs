using System.Collections;
using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>
/// Turns what a script wrote into the strong type of a parameter. An exception of <see cref="Convert(SessionState, object)"/>
/// becomes PowerShell's error for the parameter, with the exception's message.
/// </summary>
internal abstract class ArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public sealed override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        if (inputData is null)
        {
            return null;
        }

        try
        {
            return Convert(engineIntrinsics.SessionState, inputData);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidCastException or NotSupportedException)
        {
            throw new ArgumentTransformationMetadataException(e.Message, e);
        }
    }

    /// <summary>Converts one argument.</summary>
    /// <param name="session">For paths relative to the session's location.</param>
    /// <param name="input">The argument, a <see cref="PSObject"/> where PowerShell wrapped it.</param>
    /// <returns>A value of the parameter's type, or the input itself where another way of binding should be tried.</returns>
    protected abstract object? Convert(SessionState session, object input);

    /// <summary>The .NET object behind PowerShell's wrapping.</summary>
    /// <param name="value">The argument.</param>
    /// <returns>The object.</returns>
    protected static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    /// <summary>
    /// The text of one value. A number that was written as a bare word keeps its spelling (<c>010</c>, <c>1e3</c>): PowerShell
    /// carries the source text along in the wrapping object, and its conversion to string returns it.
    /// </summary>
    /// <param name="value">The argument or one of its elements.</param>
    /// <returns>The text.</returns>
    protected static string Text(object value) => LanguagePrimitives.ConvertTo<string>(value);

    /// <summary>The values of an argument that may be one or an array of them; nulls are left out.</summary>
    /// <param name="input">The argument.</param>
    /// <returns>The values.</returns>
    protected static IEnumerable<object> Elements(object input)
    {
        if (Unwrap(input) is not IEnumerable several || several is string or IDictionary)
        {
            yield return input;
            yield break;
        }

        foreach (var value in several)
        {
            if (value is not null)
            {
                yield return value;
            }
        }
    }

    /// <summary>Whether a value is one of PowerShell's numbers, as a decimal.</summary>
    /// <param name="value">The unwrapped value.</param>
    /// <param name="number">The number.</param>
    /// <returns>Whether it is one.</returns>
    /// <exception cref="FormatException">A floating-point number beyond decimal's range, or not a number at all.</exception>
    protected static bool TryNumber(object? value, out decimal number)
    {
        number = 0;
        switch (value)
        {
            case byte or sbyte or short or ushort or int or uint or long or ulong or decimal:
                number = System.Convert.ToDecimal(value);
                return true;
            case float or double:
                var floating = System.Convert.ToDouble(value);
                if (!(Math.Abs(floating) < 7.9e28))
                {
                    throw new FormatException($"'{floating}' is out of range.");
                }

                number = (decimal)floating;
                return true;
            case System.Numerics.BigInteger big:
                if (System.Numerics.BigInteger.Abs(big) >= new System.Numerics.BigInteger(decimal.MaxValue))
                {
                    throw new FormatException($"'{big}' is out of range.");
                }

                number = (decimal)big;
                return true;
            default:
                return false;
        }
    }
}
