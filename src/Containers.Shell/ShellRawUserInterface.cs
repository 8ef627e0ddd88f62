using System.Globalization;
using System.Management.Automation.Host;

namespace Containers.Shell;

/// <summary>The terminal's size; the rest of a console (cursor, buffer, keys) belongs to interactive shells.</summary>
internal sealed class ShellRawUserInterface : PSHostRawUserInterface
{
    // The width of the module's tables, for output that goes to no terminal.
    private const int DefaultWidth = 120;
    private const int DefaultHeight = 50;

    private readonly Lazy<Size> _size = new(MeasureTerminal);

    /// <inheritdoc/>
    public override Size BufferSize
    {
        get => _size.Value;
        set => throw ShellHost.NotInteractive("Setting the console's size");
    }

    /// <inheritdoc/>
    public override Size WindowSize
    {
        get => _size.Value;
        set => throw ShellHost.NotInteractive("Setting the console's size");
    }

    /// <inheritdoc/>
    public override Size MaxPhysicalWindowSize => _size.Value;

    /// <inheritdoc/>
    public override Size MaxWindowSize => _size.Value;

    /// <inheritdoc/>
    public override Coordinates WindowPosition { get; set; }

    /// <inheritdoc/>
    public override Coordinates CursorPosition { get; set; }

    /// <inheritdoc/>
    public override int CursorSize { get; set; } = 25;

    /// <inheritdoc/>
    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    /// <inheritdoc/>
    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    /// <inheritdoc/>
    public override bool KeyAvailable => false;

    /// <inheritdoc/>
    public override string WindowTitle { get; set; } = "";

    /// <inheritdoc/>
    public override void FlushInputBuffer()
    {
    }

    /// <inheritdoc/>
    public override KeyInfo ReadKey(ReadKeyOptions options) => throw ShellHost.NotInteractive("Reading a key");

    /// <inheritdoc/>
    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw ShellHost.NotInteractive("Reading the screen");

    /// <inheritdoc/>
    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) =>
        throw ShellHost.NotInteractive("Painting the screen");

    /// <inheritdoc/>
    public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw ShellHost.NotInteractive("Painting the screen");

    /// <inheritdoc/>
    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) =>
        throw ShellHost.NotInteractive("Painting the screen");

    private static Size MeasureTerminal()
    {
        if (!Console.IsOutputRedirected && Console.WindowWidth > 0)
        {
            return new Size(Console.WindowWidth, Math.Max(Console.WindowHeight, 1));
        }

        var asked = Environment.GetEnvironmentVariable("COLUMNS");
        return int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var columns) && columns > 0
            ? new Size(columns, DefaultHeight)
            : new Size(DefaultWidth, DefaultHeight);
    }
}
