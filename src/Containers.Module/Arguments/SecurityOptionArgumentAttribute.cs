using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>
/// Security options: <c>no-new-privileges=true|false</c>, <c>seccomp=unconfined|FILE</c>, <c>systempaths=unconfined</c>. A
/// profile's file is taken from the session's location.
/// </summary>
internal sealed class SecurityOptionArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Elements(input).Select(value => Unwrap(value) as ContainerSecurityOption ?? Parse(session, Text(value))).ToArray();

    private static ContainerSecurityOption Parse(SessionState session, string text)
    {
        // Docker also takes a colon, and the bare word no-new-privileges for true.
        var separator = text.AsSpan().IndexOfAny('=', ':');
        var (name, value) = separator < 0 ? (text, "") : (text[..separator], text[(separator + 1)..]);
        return (name, value) switch
        {
            ("no-new-privileges", "") => new(name, "true"),
            ("no-new-privileges", "true" or "false") => new(name, value),
            ("systempaths" or "seccomp", "unconfined") => new(name, value),
            ("seccomp", not "") => new(name, session.Path.GetUnresolvedProviderPathFromPSPath(value)),
            _ => throw new FormatException(
                $"'{text}' is no security option: write 'no-new-privileges=false', 'seccomp=unconfined', 'seccomp=FILE' or 'systempaths=unconfined'."),
        };
    }
}
