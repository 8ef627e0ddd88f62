using System.Text.RegularExpressions;

namespace Containers.Engine.Images;

/// <summary>What an image runs on: <c>OS/ARCHITECTURE[/VARIANT]</c> in the words of the OCI image specification.</summary>
public sealed partial record ImagePlatform
{
    private ImagePlatform()
    {
    }

    /// <summary>This machine's platform.</summary>
    public static ImagePlatform Machine { get; } = Make("linux", ImageCatalog.MachineArchitecture, null);

    /// <summary>The operating system: linux.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>The architecture: amd64, arm64 ...</summary>
    public required string Architecture { get; init; }

    /// <summary>The architecture's variant; null for the usual one, but for arm, whose v7 is written out.</summary>
    public string? Variant { get; init; }

    /// <summary>Parses a platform.</summary>
    /// <param name="text">OS/ARCHITECTURE[/VARIANT], or the architecture alone. The kernel's names of architectures are understood too.</param>
    /// <returns>The platform.</returns>
    /// <exception cref="EngineException">InvalidArgument.</exception>
    public static ImagePlatform Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/');
        if (parts.Length > 3 || !parts.All(part => PartForm().IsMatch(part)))
        {
            throw new EngineException(
                EngineErrorReason.InvalidArgument, text, $"'{Layers.EntryName.Show(System.Text.Encoding.UTF8.GetBytes(text))}' is no platform. A platform is OS/ARCHITECTURE[/VARIANT], as in linux/arm64 or linux/arm/v7.");
        }

        return parts.Length == 1 ? Make("linux", parts[0], null) : Make(parts[0], parts[1], parts.Length == 3 ? parts[2] : null);
    }

    /// <summary>Makes a platform of its parts as documents have them.</summary>
    internal static ImagePlatform Make(string system, string architecture, string? variant)
    {
        architecture = architecture.ToLowerInvariant() switch
        {
            "x86_64" or "x86-64" => "amd64",
            "aarch64" => "arm64",
            "i386" or "i686" or "x86" => "386",
            "armhf" or "armv7l" => "arm",
            var other => other,
        };
        variant = (architecture, variant) switch
        {
            ("arm", null or "" or "7") => "v7",
            (_, "") or ("arm64", "v8" or "8") or ("amd64", "v1") => null,
            _ => variant,
        };
        return new ImagePlatform { OperatingSystem = system.ToLowerInvariant(), Architecture = architecture, Variant = variant };
    }

    /// <summary>That of an index's entry.</summary>
    internal static ImagePlatform Of(OciPlatform platform) => Make(platform.OperatingSystem, platform.Architecture, platform.Variant);

    /// <summary>How well an image for another platform does for this one: 0 for the very one, more for less fitting ones; null where it does not run.</summary>
    internal int? Distance(ImagePlatform other)
    {
        if (other.OperatingSystem != OperatingSystem || other.Architecture != Architecture)
        {
            return null;
        }

        // An older variant of arm runs on a newer one; of other architectures only the variant asked for is taken.
        return other.Variant == Variant ? 0
            : Architecture == "arm" && ArmVersion(other) is > 0 and var theirs && ArmVersion(this) is var ours && theirs <= ours ? ours - theirs
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => Variant is null ? $"{OperatingSystem}/{Architecture}" : $"{OperatingSystem}/{Architecture}/{Variant}";

    private static int ArmVersion(ImagePlatform platform) => platform.Variant switch
    {
        ['v', >= '1' and <= '9' and var digit] => digit - '0',
        [>= '1' and <= '9' and var digit] => digit - '0',
        _ => 0,
    };

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,31}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PartForm();
}
