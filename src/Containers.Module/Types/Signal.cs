using Containers.Engine.Runtime;

namespace Containers;

/// <summary>A signal of Linux (signal(7)), by its number; the names are those of x64 and arm64, which agree.</summary>
public readonly record struct Signal
{
    /// <summary>Makes a signal of its number.</summary>
    /// <param name="number">1 to 64.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such signal.</exception>
    public Signal(int number)
    {
        if (number is < 1 or > SignalName.Last)
        {
            throw new ArgumentOutOfRangeException(nameof(number), number, $"There is no signal {number}: signals are 1 to {SignalName.Last}.");
        }

        Number = number;
    }

    /// <summary>The number, 1 to 64.</summary>
    public int Number { get; }

    /// <summary>The name, <c>SIGTERM</c>; <c>SIGRTMIN+n</c> for the real-time ones.</summary>
    public string Name => SignalName.Of(Number);

    /// <summary>The names of all signals that have one.</summary>
    internal static IEnumerable<string> Names => SignalName.All;

    /// <summary>Reads a name (with or without SIG, in either case), a number, <c>RTMIN+n</c> or <c>RTMAX-n</c>.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The signal.</returns>
    /// <exception cref="FormatException">There is no such signal.</exception>
    public static Signal Parse(string text) => SignalName.TryParse(text) is { } number
        ? new Signal(number)
        : throw new FormatException($"'{text}' is no signal: write a name (TERM, SIGKILL, RTMIN+3) or a number from 1 to {SignalName.Last}.");

    /// <summary>The name.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => Name;
}
