using System.Globalization;
using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Layers;

namespace Containers.Engine.Runtime;

/// <summary>
/// What a container gets of its image where it does not say itself. The image's configuration is hostile: what is used of it is checked, and it never
/// lends a privilege.
/// </summary>
/// <param name="options">What is asked of the container, checked.</param>
/// <param name="image">Its image; null with a folder as root file system.</param>
internal sealed partial class ImageDefaults(ContainerOptions options, ImageInfo? image)
{
    /// <summary>The type of terminal that a command with one is told, where nothing else is said: one that every terminal of today understands.</summary>
    public const string Terminal = "TERM=xterm";

    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const int DefaultStopSignal = 15;
    private const int LongestPath = 4096;
    private const int LongestUser = 256;

    private readonly ImageConfiguration configuration = Readable(image)?.Configuration ?? new ImageConfiguration();

    /// <summary>The program with its arguments: an entry point that is asked for replaces the image's and drops the image's arguments, a command replaces those.</summary>
    /// <param name="name">The container's name.</param>
    /// <returns>At least one word.</returns>
    public IReadOnlyList<string> Command(string name)
    {
        IReadOnlyList<string> own = options.Entrypoint is not null || options.Command.Count > 0 ? options.Command : configuration.Cmd;
        IReadOnlyList<string> command = [.. options.Entrypoint ?? configuration.Entrypoint, .. own];
        foreach (string word in command)
        {
            Require(IsText(word), "command", word, $"it holds a NUL, or more than {ContainerOptionsCheck.LongestArgument} characters", "a command after --, and -Entrypoint");
        }

        return command.Count > 0 ? command
            : image is null or { IsBuiltIn: true } ? ["sh"]
            : throw ContainerOptionsCheck.Invalid(
                name, $"{(options.Entrypoint is null ? $"The image '{ImageName}' names no command" : "An empty entry point leaves no command")}. Give one after --: Invoke-Container {ImageName} -- sh");
    }

    /// <summary>The variables: defaults, the image's, those that are asked for; each once, the last one's value in the first one's place.</summary>
    /// <param name="hostName">The container's host name.</param>
    /// <returns>KEY=VALUE texts.</returns>
    public IReadOnlyList<string> Environment(string hostName)
    {
        foreach (string variable in configuration.Env)
        {
            Require(
                variable.IndexOf('=', StringComparison.Ordinal) > 0 && IsText(variable), "variable", variable,
                $"a variable is NAME=VALUE, without a NUL and at most {ContainerOptionsCheck.LongestArgument} characters", null);
        }

        return Variables.Merge([DefaultPath, $"HOSTNAME={hostName}", .. (string[])(options.Tty ? [Terminal] : []), .. configuration.Env, .. Variables.Texts(options.Environment)]);
    }

    /// <summary>The user, and a group after a colon.</summary>
    /// <returns>Names or numbers, for the helper to look up; empty for root.</returns>
    public string User()
    {
        if (options.User is not null || configuration.User is not { } user)
        {
            return options.User ?? string.Empty;
        }

        string[] parts = user.Split(':');
        Require(
            parts.Length <= 2 && IsUser(parts[0]) && (parts.Length == 1 || parts[1].Length == 0 || IsUser(parts[1])) && user.Length <= LongestUser, "user", user,
            "a user is a name or a number of 0 to 2147483647, with a group after a colon", "-User");
        return user;
    }

    /// <summary>The folder that the first process starts in.</summary>
    /// <returns>An absolute path without <c>..</c>.</returns>
    public string WorkingDirectory()
    {
        if (options.WorkingDirectory is null && configuration.WorkingDir is { } folder)
        {
            Require(
                folder.StartsWith('/') && folder.Length <= LongestPath && !folder.Contains('\0', StringComparison.Ordinal), "working directory", folder,
                $"it must be an absolute path of at most {LongestPath} characters", "-WorkingDirectory");
        }

        return ContainerOptionsCheck.Normalize(options.WorkingDirectory ?? configuration.WorkingDir ?? "/");
    }

    /// <summary>The signal that asks the container to end.</summary>
    /// <returns>Its number.</returns>
    public int StopSignal()
    {
        if (options.StopSignal is not null || configuration.StopSignal is not { } name)
        {
            return options.StopSignal ?? DefaultStopSignal;
        }

        int? signal = SignalName.TryParse(name);
        Require(signal is not null, "stop signal", name, "it is neither a signal's name nor a number of 1 to 64", "-StopSignal");
        return signal!.Value;
    }

    /// <summary>The image's labels under those that are asked for.</summary>
    /// <returns>The labels.</returns>
    public IReadOnlyDictionary<string, string> Labels()
    {
        var labels = new Dictionary<string, string>(configuration.Labels, StringComparer.Ordinal);
        foreach ((string key, string value) in options.Labels)
        {
            labels[key] = value;
        }

        return labels;
    }

    private string ImageName => Name(image);

    private static string Name(ImageInfo? image) => image?.Name ?? image?.Id ?? string.Empty;

    private static ImageInfo? Readable(ImageInfo? image) =>
        image?.Fault is { } fault
            ? throw new EngineException(
                EngineErrorReason.InvalidData, Name(image), $"No container can be made of the image '{Name(image)}', as its configuration is damaged: {fault}. Get it anew, or from elsewhere.")
            : image is { OperatingSystem: not (null or "" or "linux") and var system }
            ? throw new EngineException(
                EngineErrorReason.NotSupported, Name(image), $"No container can be made of the image '{Name(image)}': it is one for {Show(system)}, and this machine is Linux.")
            : image;

    private static bool IsText(string text) => !text.Contains('\0', StringComparison.Ordinal) && text.Length <= ContainerOptionsCheck.LongestArgument;

    private static bool IsUser(string text) =>
        text.Length > 0 && text[0] != '-' && !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '/' or ',')
        && (!text.All(char.IsAsciiDigit) || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _));

    private static string Show(string text) => EntryName.Show(Encoding.UTF8.GetBytes(text));

    private void Require(bool holds, string what, string value, string rule, string? instead)
    {
        if (!holds)
        {
            string advice = instead is null ? string.Empty : $" Give the container {instead}.";
            throw new EngineException(
                EngineErrorReason.InvalidData, ImageName, $"The image '{ImageName}' has the wrong {what} '{Show(value)}' in its configuration: {rule}.{advice}");
        }
    }
}
