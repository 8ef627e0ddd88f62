namespace Containers.Help;

/// <summary>A source of help that does not parse.</summary>
/// <param name="path">The file.</param>
/// <param name="line">The line in it, counted from 1.</param>
/// <param name="message">What is wrong.</param>
internal sealed class HelpException(string path, int line, string message) : Exception(message)
{
    public override string? Source { get; set; } = path;

    public int Line { get; } = line;
}
