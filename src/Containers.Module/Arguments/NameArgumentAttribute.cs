using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>
/// Names or ids of containers or images. An object that stands for one (of this module, or one with the same properties that
/// came over a remoting session or out of a file) gives its id, which outlives a rename.
/// </summary>
/// <param name="properties">The properties that hold an id or a name, the best first.</param>
internal abstract class NameArgumentAttribute(params string[] properties) : ArgumentAttribute
{
    /// <inheritdoc/>
    protected sealed override object Convert(SessionState session, object input)
    {
        var names = Elements(input).Select(NameOf).ToArray();

        // Left to PowerShell, which then tries the object's properties.
        return Array.Exists(names, static name => name is null) ? input : names;
    }

    private string? NameOf(object value)
    {
        var inner = Unwrap(value);
        if (inner is string or ValueType)
        {
            return Text(value);
        }

        var wrapped = PSObject.AsPSObject(value);
        foreach (var property in properties)
        {
            if (wrapped.Properties[property]?.Value is { } found && Text(found) is { Length: > 0 } name)
            {
                return name;
            }
        }

        return null;
    }
}
