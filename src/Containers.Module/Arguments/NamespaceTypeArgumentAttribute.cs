using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>Kinds of namespaces, by their names or the kernel's short ones (mnt, net).</summary>
internal sealed class NamespaceTypeArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) => Elements(input).Select(One).ToArray();

    private static NamespaceType One(object value)
    {
        if (Unwrap(value) is NamespaceType type)
        {
            return type;
        }

        var text = Text(value);
        for (var i = 0; i < NamespaceMapping.KernelNames.Count; i++)
        {
            if (string.Equals(text, NamespaceMapping.KernelNames[i], StringComparison.OrdinalIgnoreCase) || string.Equals(text, ((NamespaceType)i).ToString(), StringComparison.OrdinalIgnoreCase))
            {
                return (NamespaceType)i;
            }
        }

        throw new FormatException($"'{text}' is no kind of namespace: {string.Join(", ", Enum.GetNames<NamespaceType>())} are.");
    }
}
