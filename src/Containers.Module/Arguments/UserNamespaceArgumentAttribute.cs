using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>The users of a container: <c>host</c>, <c>auto</c>, <c>keep</c>, or ranges as INSIDE:OUTSIDE:COUNT; as texts, the ranges checked.</summary>
internal sealed class UserNamespaceArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input)
    {
        var values = Elements(input).Select(static value => Unwrap(value) is NamespaceIdMap map ? map.ToString() : Text(value)).ToArray();
        if (values is [var single] && single.ToUpperInvariant() is "HOST" or "AUTO" or "KEEP")
        {
            return new[] { single.ToUpperInvariant() };
        }

        try
        {
            return values.Select(static value => NamespaceIdMap.Parse(value).ToString()).ToArray();
        }
        catch (FormatException e)
        {
            throw new FormatException($"{e.Message} Or Auto (a range of the container's own), Host (this machine's users), Keep (the same ids, with rights inside alone).", e);
        }
    }
}
