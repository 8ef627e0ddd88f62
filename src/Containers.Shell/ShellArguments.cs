using System.Management.Automation.Runspaces;

namespace Containers.Shell;

/// <summary>The command line: <c>-Command STRING...</c> or <c>-File PATH [argument...]</c>, with pwsh's meaning of both.</summary>
internal sealed class ShellArguments
{
    public const string Usage = """
        Usage: Containers.Shell -Command STRING...
               Containers.Shell -File PATH [ARGUMENT...]
        Runs PowerShell statements, or a script, with the Containers module imported. It is not an interactive shell.
        """;

    private ShellArguments(string? command, string? file, IReadOnlyList<CommandParameter> fileArguments)
    {
        Command = command;
        File = file;
        FileArguments = fileArguments;
    }

    /// <summary>The statements to run, or null where a script is run.</summary>
    public string? Command { get; }

    /// <summary>The script's absolute path, or null where statements are run.</summary>
    public string? File { get; }

    /// <summary>The script's arguments.</summary>
    public IReadOnlyList<CommandParameter> FileArguments { get; }

    /// <summary>Parses the command line.</summary>
    /// <param name="args">The arguments, the program's own name not among them.</param>
    /// <param name="error">Why it does not parse, else empty.</param>
    /// <returns>The parsed line, or null where it does not parse.</returns>
    public static ShellArguments? Parse(ReadOnlySpan<string> args, out string error)
    {
        error = "";
        if (args.Length == 0)
        {
            error = "Nothing to run was given.";
            return null;
        }

        var option = args[0];
        var rest = args[1..];
        if (option.Equals("-Command", StringComparison.OrdinalIgnoreCase))
        {
            if (rest.Length > 0 && rest[0] != "-")
            {
                return new ShellArguments(string.Join(' ', rest!), file: null, []);
            }

            error = rest.Length == 0
                ? "-Command needs the statements to run."
                : "Statements are not read from standard input: give them after -Command.";
            return null;
        }

        if (option.Equals("-File", StringComparison.OrdinalIgnoreCase))
        {
            if (rest.Length == 0)
            {
                error = "-File needs the path of a script.";
                return null;
            }

            var path = Path.GetFullPath(rest[0]);
            if (System.IO.File.Exists(path))
            {
                return new ShellArguments(command: null, path, ParseFileArguments(rest[1..]));
            }

            error = $"The script '{rest[0]}' is not there. Check the path given with -File.";
            return null;
        }

        error = $"'{option}' is not known.";
        return null;
    }

    // As pwsh reads them: -Name and -Name:value are parameters ($true and $false are booleans), all else is positional, so that
    // the value of "-Name value" binds to -Name by position.
    private static List<CommandParameter> ParseFileArguments(ReadOnlySpan<string> args)
    {
        List<CommandParameter> parsed = [];
        string? pendingName = null;
        foreach (var arg in args)
        {
            if (pendingName is not null)
            {
                parsed.Add(new CommandParameter(pendingName, arg));
                pendingName = null;
            }
            else if (arg.Length > 1 && arg[0] is '-' or '\u2013' or '\u2014' or '\u2015')
            {
                var colon = arg.IndexOf(':', StringComparison.Ordinal);
                if (colon < 0)
                {
                    parsed.Add(new CommandParameter(arg));
                }
                else if (colon == arg.Length - 1)
                {
                    pendingName = arg[..colon];
                }
                else
                {
                    parsed.Add(new CommandParameter(arg[..colon], BooleanOrText(arg[(colon + 1)..])));
                }
            }
            else
            {
                parsed.Add(new CommandParameter(name: null, arg));
            }
        }

        return parsed;
    }

    private static object BooleanOrText(string text) =>
        bool.TryParse(text.AsSpan(text.StartsWith('$') ? 1 : 0), out var value) ? value : text;
}
