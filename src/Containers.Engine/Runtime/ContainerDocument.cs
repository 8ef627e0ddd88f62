using System.Text.Json;
using System.Text.Json.Serialization;
using Containers.Engine.Health;
using Containers.Engine.Runtime.Launch;

namespace Containers.Engine.Runtime;

/// <summary>A container's document, <c>container.json</c>: what was asked, and what the image made of it. Never changed by a start or an end; renaming the container and changing its restart policy do.</summary>
internal sealed record ContainerDocument
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required ContainerOptions Options { get; init; }

    public required LaunchCommand Command { get; init; }

    /// <summary>The image's id; null with a folder as root file system.</summary>
    public string? ImageId { get; init; }

    /// <summary>The chain ids of the layers, lowest first.</summary>
    public IReadOnlyList<string> Layers { get; init; } = [];

    /// <summary>The signal that asks it to end.</summary>
    public int StopSignal { get; init; } = 15;

    /// <summary>How it is found out whether the container is well; null where it is not.</summary>
    public HealthCheck? Health { get; init; }

    /// <summary>Whether it may be started again after its end without the user's word, so that its restarts are kept on record.</summary>
    [JsonIgnore]
    public bool CanBeStartedAgain => Options.RestartPolicy.Mode != RestartMode.No || Health?.OnFailure == HealthFailureAction.Restart;
}

/// <summary><c>running.json</c>, written by the monitor: which processes a running container is.</summary>
/// <param name="BootId">The boot they belong to (/proc/sys/kernel/random/boot_id).</param>
/// <param name="Pid">The first process.</param>
/// <param name="PidStart">Its start time (proc_pid_stat(5), field 22).</param>
/// <param name="Monitor">The monitor.</param>
/// <param name="MonitorStart">Its start time.</param>
/// <param name="StartedAt">Nanoseconds since 1970.</param>
/// <param name="Launched">1 once the first process executes the command. Before, it has the host's root, and must not be joined or looked into.</param>
internal sealed record RunningRecord(string BootId, int Pid, long PidStart, int Monitor, long MonitorStart, long StartedAt, int Launched = 0);

/// <summary><c>exit.json</c>, written by the monitor: how a container ended.</summary>
/// <param name="ExitCode">The exit code, 128 + signal where a signal ended it.</param>
/// <param name="Signal">The signal, or 0.</param>
/// <param name="OomKills">Processes the kernel killed for the memory limit.</param>
/// <param name="StartedAt">Nanoseconds since 1970.</param>
/// <param name="FinishedAt">Nanoseconds since 1970.</param>
/// <param name="Lasted">Nanoseconds that the command ran, by a clock that nobody sets; 0 where a session was told the end and does not need it.</param>
internal sealed record ExitRecord(int ExitCode, int Signal, long OomKills, long StartedAt, long FinishedAt, long Lasted = 0);

/// <summary>JSON of the records, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ContainerDocument))]
[JsonSerializable(typeof(RunningRecord))]
[JsonSerializable(typeof(ExitRecord))]
[JsonSerializable(typeof(HealthRecord))]
[JsonSerializable(typeof(RestartRecord))]
internal sealed partial class ContainerJson : JsonSerializerContext;
