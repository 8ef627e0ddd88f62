using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <summary>What is asked of a command in a running container. What is not said is as the container has it.</summary>
public sealed record ExecOptions
{
    /// <summary>The program and its arguments, at least one.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Variables over those that the container's own command has.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>User, and group after a colon, as names of the container's own passwd and group files or as numbers.</summary>
    public string? User { get; init; }

    /// <summary>The current folder inside, an absolute path; it must be there.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>All capabilities, and the seccomp filter that goes with them; the container's namespaces, mounts and devices stay as they are.</summary>
    public bool Privileged { get; init; }

    /// <summary>Whether the command has a terminal (pty(7)) of the container's own as its input and output.</summary>
    public bool Tty { get; init; }

    /// <summary>The terminal's size at the start; null for one that is not known.</summary>
    public TerminalSize? TerminalSize { get; init; }
}
