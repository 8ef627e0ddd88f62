using System.Text;
using Containers.Engine.Cgroups;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <summary>Refuses what cannot work before anything is made, with a sentence that says what would.</summary>
internal static partial class ContainerOptionsCheck
{
    private const int LongestHostName = 64;

    /// <summary>Characters of one argument or variable at most (MAX_ARG_STRLEN of execve(2)).</summary>
    internal const int LongestArgument = 131072;

    public static void Check(ContainerOptions options)
    {
        if (options.Name is { } name && !ContainerNameFolder.IsName(name))
        {
            throw InvalidName(name);
        }

        if (options.HostName is { } host && (host.Length == 0 || Encoding.UTF8.GetByteCount(host) > LongestHostName || !host.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_') || host[0] is '-' or '.'))
        {
            throw Invalid(host, $"The host name '{host}' will not do: it must be 1 to {LongestHostName} letters, digits, '-', '.' and '_', beginning with a letter, digit or '_'.");
        }

        Check(options.RestartPolicy, options.RemoveOnExit);
        CgroupManager.Validate(options.Limits);
        CheckLog(options.Log ?? new LogOptions());
        CheckTexts(options);
        CheckDevices(options);
        CheckSettings(options);
        CheckHealth(options);
        CheckNamespaces(options);
        var targets = new HashSet<string>(StringComparer.Ordinal);
        foreach (BindMount volume in options.Volumes)
        {
            CheckTarget(volume.Target, targets);
            if (!Path.IsPathFullyQualified(volume.Source))
            {
                throw Invalid(volume.Source, $"The volume's source '{volume.Source}' is not an absolute path on this machine.");
            }

            if (Files.TryStat(Files.CurrentFolder, volume.Source, follow: true, out _) != Errno.None)
            {
                throw new EngineException(
                    EngineErrorReason.NotFound, volume.Source, $"The volume's source '{volume.Source}' is not there. Make it first; it is not made for you.");
            }

            CheckPropagation(volume);
        }

        if (options.Volumes.Count(IsPropagating) is var propagating && propagating > MostPropagating)
        {
            throw Invalid("volumes", $"At most {MostPropagating} volumes may be shared or slave; {propagating} were asked for. Show a folder above them instead.");
        }

        foreach (TmpfsMount tmpfs in options.Tmpfs)
        {
            CheckTarget(tmpfs.Target, targets);
            if (tmpfs.UserId < 0 || tmpfs.GroupId < 0)
            {
                throw Invalid(tmpfs.Target, $"The in-memory folder '{tmpfs.Target}' needs user and group numbers of 0 to {int.MaxValue}.");
            }

            if (tmpfs.Size is <= 0 || tmpfs.Mode is < 0 or > 0xfff)
            {
                throw Invalid(tmpfs.Target, $"The in-memory folder '{tmpfs.Target}' needs a size above 0 and a mode of 0 to 7777 (octal).");
            }
        }

        if (options.RootFileSystem is { } root)
        {
            if (!Path.IsPathFullyQualified(root) || Files.TryStat(Files.CurrentFolder, root, follow: true, out FileStatus status) != Errno.None
                || status.Kind != FileKind.Folder)
            {
                throw new EngineException(
                    EngineErrorReason.NotFound, root, $"The root file system '{root}' is not a folder that is there, given by an absolute path.");
            }

            if (Path.GetFullPath(root) == "/")
            {
                throw Invalid(root, "The machine's own root cannot be a container's root file system in place. The image 'host' gives a copy-on-write view of it.");
            }
        }
    }

    /// <summary>Refuses a restart policy that the container cannot have.</summary>
    public static void Check(RestartPolicy policy, bool isRemovedAtEnd)
    {
        if (isRemovedAtEnd && policy.Mode != RestartMode.No)
        {
            throw Invalid(
                policy.ToString(), $"A container that is removed at its end cannot be started again after it: leave out -Rm, or the restart policy '{policy}'.");
        }

        if (policy.MaximumRetries < 0 || (policy.MaximumRetries > 0 && policy.Mode != RestartMode.OnFailure))
        {
            throw Invalid(policy.ToString(), "Only the restart policy on-failure has a number of restarts, which is above 0.");
        }
    }

    /// <summary>An absolute path without <c>.</c>, <c>..</c> and doubled slashes, resolved by the text alone.</summary>
    public static string Normalize(string path)
    {
        var parts = new List<string>();
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
            {
                if (parts.Count > 0)
                {
                    parts.RemoveAt(parts.Count - 1);
                }
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts);
    }

    internal static EngineException InvalidName(string name) =>
        Invalid(name, $"The name '{name}' will not do: it must be 1 to 128 letters, digits, '_', '.' and '-', beginning with a letter or digit.");

    internal static EngineException Invalid(string subject, string message) => new(EngineErrorReason.InvalidArgument, subject, message);

    private static void CheckLog(LogOptions log)
    {
        if (log.MaxSize < 4096 || log.MaxFiles is < 1 or > 1000)
        {
            throw Invalid("log", $"A log file's size must be at least 4096 bytes and the number of files 1 to 1000; {log.MaxSize} and {log.MaxFiles} were given.");
        }
    }

    private static void CheckTexts(ContainerOptions options)
    {
        foreach ((string key, string value) in options.Environment)
        {
            if (key.Length == 0 || key.Contains('=', StringComparison.Ordinal))
            {
                throw Invalid(key, $"'{key}' is no name of an environment variable: it must not be empty nor hold '='.");
            }

            CheckText(key, "an environment variable's name");
            CheckText(value, $"the environment variable {key}");
        }

        foreach (string argument in options.Command.Concat(options.Entrypoint ?? []))
        {
            CheckText(argument, "an argument of the command");
        }

        if (options.Entrypoint is ["", ..])
        {
            throw Invalid("entrypoint", "The entry point's program is an empty text. Give a program, or an empty list for no entry point.");
        }

        CheckText(options.User ?? string.Empty, "the user");
        foreach (string group in options.GroupAdd)
        {
            CheckText(group, "a group");
            if (group.Length == 0 || group.Any(c => char.IsControl(c) || c is ':' or ','))
            {
                throw Invalid(group, $"'{group}' is no group: give a name of the image's /etc/group, or a number of 0 to {int.MaxValue}.");
            }
        }

        CheckText(options.WorkingDirectory ?? string.Empty, "the working directory");
        if (options.WorkingDirectory is { } folder && !folder.StartsWith('/'))
        {
            throw Invalid(folder, $"The working directory '{folder}' is not an absolute path inside the container.");
        }
    }

    private static void CheckText(string text, string what)
    {
        if (text.Contains('\0', StringComparison.Ordinal) || text.Length > LongestArgument)
        {
            throw Invalid(what, $"The text of {what} holds a NUL character or more than {LongestArgument} characters, which no process can be given.");
        }
    }

    private static void CheckTarget(string target, HashSet<string> targets)
    {
        CheckText(target, "a mount's place in the container");
        string normal = Normalize(target);
        if (!target.StartsWith('/') || normal == "/")
        {
            throw Invalid(target, $"'{target}' is no place for a mount: give an absolute path inside the container, other than /.");
        }

        if (normal == "/proc" || normal.StartsWith("/proc/", StringComparison.Ordinal) || normal == "/sys" || normal == "/dev")
        {
            throw Invalid(target, $"Nothing may be mounted on '{target}': the container's protection rests on what is there.");
        }

        if (!targets.Add(normal))
        {
            throw Invalid(target, $"Two mounts are asked for at '{target}'.");
        }
    }
}
