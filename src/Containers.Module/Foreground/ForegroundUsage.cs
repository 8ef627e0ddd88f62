using System.Management.Automation;
using Containers.Commands;

namespace Containers.Foreground;

/// <summary>The parameters that say how a command runs and where its output goes, and which of them exclude each other.</summary>
/// <param name="Detach">It is left on its own.</param>
/// <param name="HasInput">Something comes from the pipeline.</param>
/// <param name="Interactive">The terminal's input goes to it.</param>
/// <param name="Tty">It has a terminal of its own.</param>
/// <param name="AsByteStream">Its output comes as bytes.</param>
/// <param name="OutFile">Its output goes to this file, or null.</param>
/// <param name="PassThru">One object comes instead of its output.</param>
internal sealed record ForegroundUsage(bool Detach, bool HasInput, bool Interactive, bool Tty, bool AsByteStream, string? OutFile, bool PassThru)
{
    /// <summary>Ctrl-C ends the session's part alone: the command gets no signal. Only for one that is left running (<see cref="Engine.Runtime.ForegroundProcess.IsLeftRunning"/>).</summary>
    public bool NoSignal { get; init; }

    /// <summary>Whether the session's terminal is the command's own.</summary>
    public bool IsConversation => Interactive && Tty && !Detach;

    /// <summary>Ends the cmdlet where two of them exclude each other.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    /// <param name="what">What is left on its own: <c>container</c> or <c>command</c>.</param>
    /// <param name="canBeRejoined">Whether a session can attach to it later.</param>
    public void Check(ContainerCommand cmdlet, string what, bool canBeRejoined)
    {
        if (Detach && (AsByteStream || PassThru || OutFile is not null))
        {
            cmdlet.Refuse("DetachWithOutput", $"-Detach leaves the {what} on its own: -AsByteStream, -OutFile and -PassThru are for one in the foreground.", null);
        }

        if (Detach && Interactive && !Tty && !canBeRejoined)
        {
            cmdlet.Refuse("DetachWithOutput", $"-Detach leaves the {what} on its own, and no session can attach to it later: -Interactive has no place.", null);
        }

        if (Detach && HasInput)
        {
            cmdlet.Refuse("DetachWithInput", $"-Detach leaves the {what} on its own, so that nothing can be piped into it.", null);
        }

        if ((AsByteStream && (PassThru || OutFile is not null)) || (PassThru && OutFile is not null))
        {
            cmdlet.Refuse("OutputFormsExclude", "-AsByteStream, -OutFile and -PassThru each say where standard output goes: take one of them.", null);
        }

        if (Tty && HasInput)
        {
            cmdlet.Refuse("TtyWithInput", "With -Tty the input is a terminal, which has no end, so that nothing can be piped in. Leave -Tty out.", null);
        }

        if (IsConversation && (AsByteStream || OutFile is not null || PassThru))
        {
            cmdlet.Refuse("ConversationWithOutput", "With -Interactive -Tty the output goes to this session's terminal: -AsByteStream, -OutFile and -PassThru have no place.", null);
        }

        if (IsConversation && !SessionConsole.IsTerminal)
        {
            cmdlet.Refuse("NoTerminal", "-Interactive -Tty joins this session's terminal with the command's, and this session has none. Leave one of the two out.", null);
        }
    }
}
