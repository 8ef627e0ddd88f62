using System.Globalization;
using System.Text.Json;
using Containers.Interop;

namespace Containers.Engine.Security;

/// <summary>Reads a profile in Docker's JSON format.</summary>
internal static class SeccompProfileParser
{
    private const string Subject = "seccomp profile";
    private const int ArgumentCount = 6;
    private const uint MaximumErrno = 4095;
    private const string ArchitecturePrefix = "SCMP_ARCH_";

    /// <summary>Reads a profile.</summary>
    /// <param name="text">The JSON text.</param>
    /// <returns>The profile.</returns>
    /// <exception cref="EngineException">The text is no profile; the message names the key, and the line where it is known.</exception>
    internal static SeccompProfile Parse(string text)
    {
        SeccompDocument document;
        try
        {
            document = JsonSerializer.Deserialize(text, SeccompDocumentContext.Default.SeccompDocument)
                ?? throw Wrong("$", "an object is needed, not null");
        }
        catch (JsonException e)
        {
            throw Malformed(e);
        }

        if (document.Flags is { Count: > 0 })
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, Subject, $"The seccomp profile asks for the flags {string.Join(", ", document.Flags)} ($.flags), which the engine does not set. Take them out.");
        }

        if (document.ListenerPath is not null || document.ListenerMetadata is not null)
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, Subject, "The seccomp profile names a listener ($.listenerPath), which the engine does not serve. Take it out.");
        }

        var rules = new List<SeccompRule>();
        int index = 0;
        foreach (SeccompRuleDocument rule in document.Syscalls ?? [])
        {
            string key = $"$.syscalls[{index++}]";
            rules.AddRange(ReadRule(rule ?? throw Wrong(key, "an object is needed, not null"), key));
        }

        return new SeccompProfile(document.DefaultAction, rules)
        {
            DefaultData = ReadData(document.DefaultErrnoRet, document.DefaultErrno, "$.defaultErrno"),
            Abis = ReadAbis(document),
        };
    }

    private static IEnumerable<SeccompRule> ReadRule(SeccompRuleDocument document, string key)
    {
        if (document.Name is not null && document.Names is { Count: > 0 })
        {
            throw Wrong(key, "it has both 'name' and 'names'; one of them is needed");
        }

        IReadOnlyList<string> names = document.Name is { } name ? [name] : document.Names ?? [];
        if (names.Count == 0 || names.Any(string.IsNullOrEmpty))
        {
            throw Wrong(key, "it names no system call ('names')");
        }

        var rule = new SeccompRule(document.Action, names)
        {
            Data = ReadData(document.ErrnoRet, document.Errno, $"{key}.errnoRet"),
            Arguments = [.. (document.Args ?? []).Select((a, i) => ReadArgument(a, $"{key}.args[{i}]"))],
            Includes = ReadCondition(document.Includes, $"{key}.includes"),
            Excludes = ReadCondition(document.Excludes, $"{key}.excludes"),
        };

        // Runtimes of this format take several conditions on one argument as alternatives, several on different ones as all needed.
        return rule.Arguments.DistinctBy(a => a.Index).Count() == rule.Arguments.Count
            ? [rule]
            : rule.Arguments.Select(a => rule with { Arguments = [a] });
    }

    private static SeccompArgument ReadArgument(SeccompArgumentDocument? document, string key) => document switch
    {
        null => throw Wrong(key, "an object is needed, not null"),
        { Index: >= ArgumentCount } => throw Wrong($"{key}.index", $"a system call has the arguments 0 to {ArgumentCount - 1}, not {document.Index}"),
        _ => new SeccompArgument((int)document.Index, document.Op, document.Value, document.ValueTwo),
    };

    private static SeccompCondition? ReadCondition(SeccompConditionDocument? document, string key)
    {
        if (document is null)
        {
            return null;
        }

        ulong bits = 0;
        foreach (string name in document.Caps ?? [])
        {
            try
            {
                bits |= CapabilitySet.Of(CapabilitySet.Parse(name ?? string.Empty)).Bits;
            }
            catch (EngineException e)
            {
                throw Wrong($"{key}.caps", e.Message.TrimEnd('.'));
            }
        }

        return new SeccompCondition
        {
            Capabilities = new CapabilitySet(bits),
            Architectures = document.Arches ?? [],
            MinimumKernel = document.MinKernel is null ? null : ReadKernel(document.MinKernel, $"{key}.minKernel"),
        };
    }

    private static Version ReadKernel(string text, string key)
    {
        string[] parts = text.Split('.');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor)
            ? new Version(major, minor)
            : throw Wrong(key, $"'{text}' is no kernel version of the form 4.8");
    }

    private static ushort ReadData(uint? number, string? symbol, string key)
    {
        if (number is { } given)
        {
            return given <= MaximumErrno ? (ushort)given : throw Wrong(key, $"{given} is no error number; they end at {MaximumErrno}");
        }

        if (string.IsNullOrEmpty(symbol))
        {
            return SeccompProfile.EPERM;
        }

        return Enum.TryParse(symbol, out Errno errno) && errno.ToString() == symbol
            ? (ushort)errno
            : throw Wrong(key, $"'{symbol}' is no error this engine knows by name; give its number with errnoRet or defaultErrnoRet");
    }

    private static List<SystemCallAbi> ReadAbis(SeccompDocument document)
    {
        if (document.Architectures is { Count: > 0 } && document.ArchMap is { Count: > 0 })
        {
            throw Wrong("$.architectures", "the profile has both 'architectures' and 'archMap'; one of them is needed");
        }

        var abis = new List<SystemCallAbi>();
        foreach (string name in document.Architectures ?? [])
        {
            Add(name, "$.architectures");
        }

        int index = 0;
        string own = MachineArchitectures.Current == MachineArchitecture.X64 ? "SCMP_ARCH_X86_64" : "SCMP_ARCH_AARCH64";
        foreach (SeccompArchitectureDocument entry in document.ArchMap ?? [])
        {
            string key = $"$.archMap[{index++}]";
            foreach (string sub in entry?.SubArchitectures ?? [])
            {
                // Another machine's entry does not count here, but its names are checked like any.
                Add(sub, $"{key}.subArchitectures", entry!.Architecture == own);
            }

            Add(entry?.Architecture, $"{key}.architecture", entry?.Architecture == own);
        }

        return abis;

        void Add(string? name, string key, bool counts = true)
        {
            SystemCallAbi? abi = name switch
            {
                "SCMP_ARCH_X86_64" => SystemCallAbi.X64,
                "SCMP_ARCH_X86" => SystemCallAbi.I386,
                "SCMP_ARCH_AARCH64" => SystemCallAbi.Arm64,
                "SCMP_ARCH_ARM" => SystemCallAbi.Arm,

                // x32 is never opened; other machines' do not matter here.
                _ when name?.StartsWith(ArchitecturePrefix, StringComparison.Ordinal) == true => null,
                _ => throw Wrong(key, $"'{name}' is no architecture; their names begin with {ArchitecturePrefix}"),
            };
            if (counts && abi is { } known)
            {
                abis.Add(known);
            }
        }
    }

    private static EngineException Wrong(string key, string what) =>
        new(EngineErrorReason.InvalidArgument, Subject, $"The seccomp profile is wrong at {key}: {what}.");

    private static EngineException Malformed(JsonException e)
    {
        string what = e.Message;

        // The serializer's own sentences speak of types of this program, and end with the place.
        int place = what.IndexOf(" Path: ", StringComparison.Ordinal);
        what = (place >= 0 ? what[..place] : what).TrimEnd('.');
        if (what.Contains("could not be mapped to any .NET member", StringComparison.Ordinal))
        {
            what = "the format has no such key";
        }
        else if (what.StartsWith("The JSON value could not be converted to", StringComparison.Ordinal))
        {
            what = "the value is not of the kind this key takes";
        }
        else if (what.StartsWith("Duplicate property", StringComparison.Ordinal))
        {
            what = "the key is there twice";
        }
        else if (what.Contains("was missing required properties", StringComparison.Ordinal))
        {
            what = "a required key is missing: " + what[(what.LastIndexOf(':') + 1)..].Trim();
        }

        return new EngineException(
            EngineErrorReason.InvalidArgument, Subject, $"The seccomp profile is wrong in line {(e.LineNumber ?? 0) + 1}, at {e.Path ?? "$"}: {what}.", e);
    }
}
