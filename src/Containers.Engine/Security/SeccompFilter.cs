using System.Globalization;

namespace Containers.Engine.Security;

/// <summary>The filter of a container.</summary>
internal static class SeccompFilter
{
    /// <summary>What stands for no filter in place of a profile.</summary>
    internal const string Unconfined = "unconfined";

    private static readonly Lazy<string> KernelRelease = new(ReadKernelRelease);

    /// <summary>Makes a container's filter, or takes it from the cache.</summary>
    /// <param name="profileTextOrUnconfined">Null for the default profile, <c>unconfined</c> for none, or a profile's JSON text.</param>
    /// <param name="caps">The container's capabilities.</param>
    /// <param name="privileged">Whether the container is privileged: the default profile is not put on it, one it names is.</param>
    /// <param name="cache">Where compiled filters are kept; null compiles anew.</param>
    /// <returns>An array of struct sock_filter for seccomp(2), not to be changed; null where no filter is due.</returns>
    /// <exception cref="EngineException">The profile is wrong, or too long once compiled.</exception>
    internal static byte[]? For(string? profileTextOrUnconfined, CapabilitySet caps, bool privileged, SeccompCache? cache = null)
    {
        if (profileTextOrUnconfined == Unconfined || (privileged && profileTextOrUnconfined is null))
        {
            return null;
        }

        MachineArchitecture architecture = MachineArchitectures.Current;
        string release = KernelRelease.Value;
        return cache is null
            ? Compile()
            : cache.GetOrCompile(profileTextOrUnconfined, caps, architecture, release, Compile);

        byte[] Compile() => SeccompCompiler.Compile(
            profileTextOrUnconfined is null ? SeccompProfile.Default : SeccompProfileParser.Parse(profileTextOrUnconfined),
            caps,
            architecture,
            ParseKernelRelease(release));
    }

    /// <summary>The version in a kernel's release.</summary>
    /// <param name="release">As uname -r gives it: <c>6.1.0-38-amd64</c>.</param>
    /// <returns>Major and minor number.</returns>
    /// <exception cref="EngineException">The release does not begin with two numbers.</exception>
    internal static Version ParseKernelRelease(string release)
    {
        string[] parts = release.Split('.', 3);
        int digits = parts.Length < 2 ? 0 : parts[1].TakeWhile(char.IsAsciiDigit).Count();
        return digits > 0
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            && int.TryParse(parts[1].AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out int minor)
            ? new Version(major, minor)
            : throw new EngineException(
                EngineErrorReason.NotSupported, release, $"The kernel's release '{release}' does not begin with a version such as 6.1, which seccomp profiles depend on.");
    }

    private static string ReadKernelRelease() =>
        Interop.Files.ReadText(Interop.Files.CurrentFolder, "/proc/sys/kernel/osrelease")?.Trim()
        ?? throw new EngineException(EngineErrorReason.NotSupported, "/proc", "The kernel's release cannot be read: /proc is not mounted.");
}
