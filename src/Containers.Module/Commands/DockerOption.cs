using System.Management.Automation;

namespace Containers.Commands;

/// <summary>Says how docker's options are spelt here.</summary>
internal static class DockerOption
{
    /// <summary>What to write instead of a word that begins with a dash and stands where an image or a command should.</summary>
    /// <param name="word">The word.</param>
    /// <param name="kind">What the cmdlet's target is: <c>image</c> or <c>container</c>.</param>
    /// <param name="command">The cmdlet, for its parameters.</param>
    /// <returns>A sentence.</returns>
    public static string Spelling(string word, string kind, CommandInfo command)
    {
        var order = $"Parameters come first, then the {kind}, then -- and the command.";
        if (word is "-it" or "-ti" or "-t" or "-i" && !command.Parameters.ContainsKey("Tty"))
        {
            return $"{command.Name} needs no {word}: it always has this session's terminal. {order}";
        }

        if (word is "-d" or "-dit" or "-itd" or "-dti" or "-tid" && !command.Parameters.ContainsKey("Detach"))
        {
            return $"{command.Name} has no {word}. {order}";
        }

        switch (word)
        {
            case "-it" or "-ti":
                return "-it is spelt -Interactive -Tty. " + order;
            case "-dit" or "-itd" or "-dti" or "-tid":
                return $"{word} is spelt -Detach -Interactive -Tty. " + order;
            case "-t":
                return "-t is spelt -Tty. " + order;
            case "-i":
                return "-i is spelt -Interactive. " + order;
            case "-d":
                return "-d is spelt -Detach. " + order;
            case "--no-healthcheck":
                return "--no-healthcheck is spelt -HealthCommand none. " + order;
        }

        var name = Short(word) ?? string.Concat(word.TrimStart('-').Split('=')[0].Split('-', StringSplitOptions.RemoveEmptyEntries)
            .Select(static part => char.ToUpperInvariant(part[0]) + part[1..]));
        name = name switch
        {
            "Workdir" => "WorkingDirectory",
            "HealthCmd" => "HealthCommand",
            "Pid" => "PidNamespace",
            "Ipc" => "IpcNamespace",
            "Uts" => "UtsNamespace",
            _ => name,
        };

        if (NotThereYet.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return $"-{name} is not there yet. " + order;
        }

        var parameter = command.Parameters.Keys.FirstOrDefault(key => key.Equals(name, StringComparison.OrdinalIgnoreCase));
        return parameter is null
            ? $"{command.Name} has no parameter {word}. {order}"
            : $"{word} is spelt -{parameter}. {order}";
    }

    private static readonly string[] NotThereYet =
    [
        "Publish", "PublishAll", "Dns", "UserNamespace",
    ];

    private static string? Short(string word) => word switch
    {
        "-e" => "Env",
        "-v" => "Volume",
        "-m" => "Memory",
        "-u" => "User",
        "-w" => "WorkingDirectory",
        "-h" => "HostName",
        "-l" => "Label",
        "-p" => "Publish",
        "-P" => "PublishAll",
        _ => null,
    };
}
