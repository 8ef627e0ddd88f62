using System.Text.Json.Serialization;

namespace Containers.Engine.Security;

/// <summary>
/// A profile's file: Docker's format (seccomp/default.json of its profiles), with what Podman's and the OCI runtime
/// specification's linux.seccomp add to it.
/// </summary>
internal sealed class SeccompDocument
{
    [JsonRequired]
    public SeccompAction DefaultAction { get; set; }

    public uint? DefaultErrnoRet { get; set; }

    public string? DefaultErrno { get; set; }

    public IReadOnlyList<string>? Architectures { get; set; }

    public IReadOnlyList<SeccompArchitectureDocument>? ArchMap { get; set; }

    public IReadOnlyList<string>? Flags { get; set; }

    public string? ListenerPath { get; set; }

    public string? ListenerMetadata { get; set; }

    public IReadOnlyList<SeccompRuleDocument>? Syscalls { get; set; }
}

/// <summary>An entry of <c>archMap</c>.</summary>
internal sealed class SeccompArchitectureDocument
{
    [JsonRequired]
    public string Architecture { get; set; } = string.Empty;

    public IReadOnlyList<string>? SubArchitectures { get; set; }
}

/// <summary>An entry of <c>syscalls</c>.</summary>
internal sealed class SeccompRuleDocument
{
    public string? Name { get; set; }

    public IReadOnlyList<string>? Names { get; set; }

    [JsonRequired]
    public SeccompAction Action { get; set; }

    public uint? ErrnoRet { get; set; }

    public string? Errno { get; set; }

    public IReadOnlyList<SeccompArgumentDocument>? Args { get; set; }

    public string? Comment { get; set; }

    public SeccompConditionDocument? Includes { get; set; }

    public SeccompConditionDocument? Excludes { get; set; }
}

/// <summary>An entry of <c>args</c>.</summary>
internal sealed class SeccompArgumentDocument
{
    [JsonRequired]
    public uint Index { get; set; }

    public ulong Value { get; set; }

    public ulong ValueTwo { get; set; }

    [JsonRequired]
    public SeccompOperator Op { get; set; }
}

/// <summary><c>includes</c> or <c>excludes</c>.</summary>
internal sealed class SeccompConditionDocument
{
    public IReadOnlyList<string>? Caps { get; set; }

    public IReadOnlyList<string>? Arches { get; set; }

    public string? MinKernel { get; set; }
}

/// <summary>The generated reader of <see cref="SeccompDocument"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    Converters = [typeof(SeccompActionConverter), typeof(SeccompOperatorConverter)])]
[JsonSerializable(typeof(SeccompDocument))]
internal sealed partial class SeccompDocumentContext : JsonSerializerContext;
