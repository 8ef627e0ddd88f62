namespace Containers.Completion;

/// <summary>Completes the names of the configuration's values.</summary>
internal sealed class ConfigurationNameCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() => ConfigurationSetting.All.Select(static setting => KeyValuePair.Create(setting.Name, setting.Key));
}
