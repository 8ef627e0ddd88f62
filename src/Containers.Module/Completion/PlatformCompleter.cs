namespace Containers.Completion;

/// <summary>Completes the platforms that images are commonly made for.</summary>
internal sealed class PlatformCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() =>
    [
        KeyValuePair.Create("linux/amd64", "64-bit x86"),
        KeyValuePair.Create("linux/arm64", "64-bit ARM"),
        KeyValuePair.Create("linux/arm/v7", "32-bit ARM"),
        KeyValuePair.Create("linux/386", "32-bit x86"),
        KeyValuePair.Create("linux/ppc64le", "POWER, little-endian"),
        KeyValuePair.Create("linux/riscv64", "64-bit RISC-V"),
        KeyValuePair.Create("linux/s390x", "IBM Z"),
    ];
}
