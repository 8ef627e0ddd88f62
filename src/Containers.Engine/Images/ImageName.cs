using System.Text.RegularExpressions;

namespace Containers.Engine.Images;

/// <summary>
/// An image's name: <c>[HOST[:PORT]/]PATH[:TAG][@DIGEST]</c>, as the distribution specification has it. PATH is lower-case components joined by slashes.
/// </summary>
internal sealed partial record ImageName
{
    /// <summary>The longest repository, host included, in characters.</summary>
    private const int LongestRepository = 255;

    private ImageName()
    {
    }

    /// <summary>The registry that names without a host mean.</summary>
    public const string DefaultHost = "docker.io";

    private const string DefaultNamespace = "library/";

    /// <summary>Host, port and path, without tag and digest, as docker shows them: <c>docker.io/</c> and its <c>library/</c> are left out.</summary>
    public required string Repository { get; init; }

    /// <summary>The registry's host, and port after a colon; <see cref="DefaultHost"/> where none is written.</summary>
    public string Host => HostEnd(Repository) is > 0 and var end ? Repository[..end] : DefaultHost;

    /// <summary>The repository's path in the registry; for one of docker.io without a slash with <c>library/</c> before it.</summary>
    public string Path => HostEnd(Repository) is > 0 and var end ? Repository[(end + 1)..]
        : Repository.Contains('/', StringComparison.Ordinal) ? Repository : DefaultNamespace + Repository;

    /// <summary>The tag; <c>latest</c> where neither tag nor digest was given; null where only a digest was.</summary>
    public string? Tag { get; init; }

    /// <summary>The manifest's digest, or null.</summary>
    public string? Digest { get; init; }

    /// <summary>Repository and tag: what the store keeps an image under.</summary>
    public string Reference => Tag is null ? Repository : $"{Repository}:{Tag}";

    /// <summary>Parses a name.</summary>
    /// <param name="text">The name.</param>
    /// <returns>The parsed name.</returns>
    /// <exception cref="EngineException">InvalidArgument, saying which part is wrong.</exception>
    public static ImageName Parse(string text) => TryParse(text, out ImageName? name, out string? reason)
        ? name!
        : throw new EngineException(
            EngineErrorReason.InvalidArgument,
            text,
            $"'{Shown(text)}' is no image name: {reason}. A name is [HOST[:PORT]/]PATH[:TAG][@DIGEST], as in debian:12 or registry.example.org:5000/team/app:1.0.");

    /// <summary>Parses a name.</summary>
    /// <param name="text">The name.</param>
    /// <param name="name">The parsed name.</param>
    /// <param name="reason">What is wrong with it.</param>
    /// <returns>False where it is none.</returns>
    public static bool TryParse(string text, out ImageName? name, out string? reason)
    {
        name = null;
        string rest = text;
        string? digest = null;
        string? tag = null;
        if (SchemeForm().Match(text) is { Success: true } scheme)
        {
            reason = $"names are written without a scheme: leave '{scheme.Value}' out";
            return false;
        }

        int at = rest.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            digest = rest[(at + 1)..];
            rest = rest[..at];
            if (!DigestForm().IsMatch(digest))
            {
                reason = $"'{Shown(digest)}' is no digest (sha256: and 64 lower-case hexadecimal digits)";
                return false;
            }
        }

        int colon = rest.LastIndexOf(':');
        if (colon > rest.LastIndexOf('/'))
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
            if (!TagForm().IsMatch(tag))
            {
                reason = $"'{Shown(tag)}' is no tag (at most 128 letters, digits, '_', '.' and '-', not starting with '.' or '-')";
                return false;
            }
        }

        if (!IsRepository(rest, out reason))
        {
            return false;
        }

        name = new ImageName { Repository = Familiar(rest), Tag = tag ?? (digest is null ? "latest" : null), Digest = digest };
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Digest is null ? Reference : $"{Reference}@{Digest}";

    private static bool IsRepository(string text, out string? reason)
    {
        reason = null;
        if (text.Length is 0 or > LongestRepository)
        {
            reason = text.Length == 0 ? "the part before the tag is empty" : $"it is longer than {LongestRepository} characters";
            return false;
        }

        string[] components = text.Split('/');
        bool hasHost = HostEnd(text) > 0;
        for (int i = 0; i < components.Length; i++)
        {
            bool isHost = i == 0 && hasHost;
            if (!(isHost ? HostForm() : ComponentForm()).IsMatch(components[i]))
            {
                reason = isHost
                    ? $"'{Shown(components[i])}' is no host name with an optional port"
                    : $"'{Shown(components[i])}' is no component of a path (lower-case letters and digits, with '.', '_', '__' or '-' between them)";
                return false;
            }
        }

        return true;
    }

    // The first component is a host where only a host can look like that; then it may hold capitals and a port.
    private static int HostEnd(string repository)
    {
        int slash = repository.IndexOf('/', StringComparison.Ordinal);
        ReadOnlySpan<char> first = repository.AsSpan(0, Math.Max(0, slash));
        return slash > 0 && (first.ContainsAny('.', ':') || first is "localhost" || first.ContainsAnyInRange('A', 'Z')) ? slash : 0;
    }

    private static string Familiar(string repository)
    {
        string? path = repository.StartsWith(DefaultHost + "/", StringComparison.Ordinal) ? repository[(DefaultHost.Length + 1)..]
            : repository.StartsWith($"index.{DefaultHost}/", StringComparison.Ordinal) ? repository[(DefaultHost.Length + 7)..]
            : null;
        return path is null ? repository
            : path.StartsWith(DefaultNamespace, StringComparison.Ordinal) && !path.AsSpan(DefaultNamespace.Length).Contains('/') ? path[DefaultNamespace.Length..]
            : path;
    }

    // Names come from outside: nothing in them may reach a terminal as a control character.
    private static string Shown(string text) => Layers.EntryName.Show(System.Text.Encoding.UTF8.GetBytes(text));

    [GeneratedRegex(@"\A[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ComponentForm();

    [GeneratedRegex(@"\A(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HostForm();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TagForm();

    [GeneratedRegex(@"\A[a-zA-Z][a-zA-Z0-9+.-]*://", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SchemeForm();

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DigestForm();
}
