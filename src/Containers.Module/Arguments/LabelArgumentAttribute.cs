namespace Containers.Arguments;

/// <summary>Labels; a key alone has an empty value.</summary>
internal sealed class LabelArgumentAttribute : KeyValueArgumentAttribute
{
    /// <inheritdoc/>
    protected override string Kind => "label";

    /// <inheritdoc/>
    protected override string ValueOf(string key) => "";
}
