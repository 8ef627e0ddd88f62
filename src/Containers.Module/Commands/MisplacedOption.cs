namespace Containers.Commands;

/// <summary>Refuses what was meant for docker's command line, with the right spelling.</summary>
/// <remarks>
/// PowerShell puts parameters that it does not know in front of the remaining arguments: in <c>Invoke-Container -it alpine sh</c>
/// the image is <c>sh</c> and the command <c>-it alpine</c>.
/// </remarks>
internal static class MisplacedOption
{
    /// <summary>Ends the cmdlet where an option stands in the place of its target or its command.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    /// <param name="kind">What its target is: <c>image</c> or <c>container</c>.</param>
    /// <param name="target">The target as given; null where it is no positional word.</param>
    /// <param name="command">The program and its arguments.</param>
    public static void Refuse(ContainerCommand cmdlet, string kind, string? target, string[]? command)
    {
        var invocation = cmdlet.MyInvocation;
        if (target is ['-', ..])
        {
            var id = kind == "image" ? "ImageBeginsWithDash" : "ContainerBeginsWithDash";
            cmdlet.Refuse(id, $"'{target}' is no {kind}. {DockerOption.Spelling(target, kind, invocation.MyCommand)}", target);
        }

        if (command is [['-', ..] first, ..])
        {
            cmdlet.Refuse("CommandBeginsWithDash", $"'{first}' is no command. {DockerOption.Spelling(first, kind, invocation.MyCommand)}", first);
        }

        if (SwallowedOption.Find(invocation, wordsBefore: target is null ? 1 : 2) is var (option, parameter))
        {
            cmdlet.Refuse(
                "OptionOfTheCommand",
                $"PowerShell takes '{option}' for -{parameter} of {invocation.MyCommand.Name}. Write -- before the command if it is the program's, or the whole name -{parameter} if it is not.",
                option);
        }
    }
}
