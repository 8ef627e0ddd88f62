using Containers.Arguments;
using Containers.Engine;
using Containers.Engine.Images;
using Containers.Engine.Logs;
using Containers.Engine.Namespaces;
using Containers.Engine.Runtime;

namespace Containers;

/// <summary>
/// Makes the module's objects of the engine's. They are not the same types since scripts name the module's in type literals,
/// which PowerShell finds only in the default load context.
/// </summary>
internal static class EngineMapping
{
    /// <summary>Maps a container.</summary>
    /// <param name="snapshot">The engine's.</param>
    /// <returns>The module's.</returns>
    public static Container ToContainer(this ContainerSnapshot snapshot)
    {
        var options = snapshot.Options;
        return new Container
        {
            Id = snapshot.Id,
            Name = snapshot.Name,
            Image = options.Image,
            RootFileSystem = options.RootFileSystem,
            Command = snapshot.Command.Count > 0 ? snapshot.Command : options.Command,
            State = snapshot.IsPaused ? ContainerState.Paused : (ContainerState)snapshot.State,
            Reason = (ContainerStateReason)snapshot.Reason,
            ExitCode = snapshot.ExitCode,
            Signal = ToSignal(snapshot.Signal),
            OomKilled = snapshot.OomKilled,
            CreatedAt = snapshot.CreatedAt,
            StartedAt = snapshot.StartedAt,
            FinishedAt = snapshot.FinishedAt,
            ProcessId = snapshot.ProcessId,
            MonitorProcessId = snapshot.MonitorProcessId,
            Privileged = options.Privileged,
            Network = NetworkText(options),
            UserNamespace = ToMaps(options.UserNamespace?.Users),
            PidNamespace = ToText(options.PidNamespace),
            IpcNamespace = ToText(options.IpcNamespace),
            UtsNamespace = ToText(options.UtsNamespace),
            GroupAdd = options.GroupAdd,
            HostName = options.HostName,
            User = snapshot.User,
            WorkingDirectory = snapshot.WorkingDirectory,
            Env = options.Environment,
            Label = options.Labels,
            DomainName = options.DomainName,
            Volume = [.. options.Volumes.Select(MountMapping.ToContainerMount)],
            Tmpfs = [.. options.Tmpfs.Select(MountMapping.ToContainerTmpfs)],
            ShmSize = options.ShmSize,
            Device = [.. options.Devices.Select(static device => new ContainerDevice { Source = device.Source, Target = device.Target, Access = device.Access })],
            DeviceCgroupRule = options.DeviceCgroupRules,
            AddHost = [.. options.ExtraHosts.Select(static host => new ContainerHostEntry(host.Name, host.Address))],
            Sysctl = options.Sysctls,
            Ulimit = [.. options.Ulimits.Select(static limit => new ContainerUlimit(limit.Name, limit.Soft, limit.Hard))],
            OomScoreAdj = options.OomScoreAdj,
            StopTimeout = options.StopTimeout,
            CidFile = options.IdFile,
            ReadOnly = options.ReadOnly,
            Memory = options.Limits.Memory,
            Cpus = options.Limits.Cpus,
            PidsLimit = options.Limits.PidsLimit,
            CapAdd = options.CapAdd,
            CapDrop = options.CapDrop,
            NoNewPrivileges = options.NoNewPrivileges ?? true,
            Seccomp = options.Privileged ? "unconfined" : options.SeccompProfile switch
            {
                null => "default",
                "unconfined" => "unconfined",
                _ => "custom",
            },
            SystemPathsUnconfined = options.SystemPathsUnconfined || options.Privileged,
            RemoveOnExit = options.RemoveOnExit,
            StopSignal = ToSignal(snapshot.StopSignal),
            Health = snapshot.ToHealth(),
            HealthCheck = snapshot.HealthCheck.ToHealthCheck(),
            RestartPolicy = ContainerRestartPolicy.Of(options.RestartPolicy),
            RestartCount = snapshot.RestartCount,
            RestartError = snapshot.RestartError,
            NextStartAt = snapshot.NextStartAt,
        };
    }

    /// <summary>Whose namespace a container is to live in.</summary>
    /// <param name="text">private, host or container:NAME; null for private.</param>
    /// <returns>The engine's; null for its own.</returns>
    public static NamespaceOwner? ToNamespaceOwner(string? text) => text switch
    {
        null or "private" => null,
        "host" => NamespaceOwner.Host,
        _ => new NamespaceOwner(text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..]),
    };

    /// <summary>Reads what NetworkArgumentAttribute writes.</summary>
    /// <param name="network">The text.</param>
    /// <returns>Whose network; null for the container's own, and this machine's.</returns>
    public static NamespaceOwner? ToNetworkOwner(string network) =>
        network.StartsWith(NetworkArgumentAttribute.OfContainer, StringComparison.Ordinal) ? new NamespaceOwner(network[NetworkArgumentAttribute.OfContainer.Length..])
        : network.StartsWith(NetworkArgumentAttribute.OfPath, StringComparison.Ordinal) ? new NamespaceOwner((string?)null) { Path = network[NetworkArgumentAttribute.OfPath.Length..] }
        : null;

    /// <summary>Reads what UserNamespaceArgumentAttribute writes.</summary>
    /// <param name="texts">The texts.</param>
    /// <returns>The users; null for this machine's.</returns>
    public static UserMapping? ToUserMapping(string[] texts) => texts switch
    {
        ["HOST"] => null,
        ["AUTO"] => UserMapping.Auto,
        ["KEEP"] => UserMapping.Same,
        _ => new UserMapping { Users = [.. texts.Select(NamespaceIdMap.Parse).Select(static map => new IdRange(map.Inside, map.Outside, map.Count))] },
    };

    private static NamespaceIdMap[] ToMaps(IEnumerable<IdRange>? ranges) => [.. (ranges ?? []).Select(static range => new NamespaceIdMap(range.Inside, range.Outside, range.Count))];

    private static string NetworkText(ContainerOptions options) => options.NetworkNamespace is not { } owner ? options.Network.ToString()
        : owner.Path is { } path ? NetworkArgumentAttribute.OfPath + path
        : NetworkArgumentAttribute.OfContainer + owner.Container;

    private static string? ToText(NamespaceOwner? owner) => owner is null ? null : owner.Container is { } name ? $"container:{name}" : "host";

    /// <summary>Maps an image.</summary>
    /// <param name="image">The engine's.</param>
    /// <returns>The module's.</returns>
    public static ContainerImage ToContainerImage(this ImageInfo image) => new()
    {
        Id = image.Id,
        Name = image.Name,
        Digest = image.Digest,
        Origin = image.Origin,
        CreatedAt = image.CreatedAt,
        Size = image.Size,
        Layer = image.Layers,
        Architecture = image.Architecture,
        Variant = image.Variant,
        Os = image.OperatingSystem,
        Author = image.Author,
        IsBuiltIn = image.IsBuiltIn,
        Entrypoint = image.Configuration.Entrypoint,
        Cmd = image.Configuration.Cmd,
        Env = image.Configuration.Env,
        User = image.Configuration.User,
        WorkingDirectory = image.Configuration.WorkingDir,
        StopSignal = image.Configuration.StopSignal,
        Label = image.Configuration.Labels,
        ExposedPort = image.Configuration.ExposedPorts,
        Volume = image.Configuration.Volumes,
        HealthCommand = image.Configuration.Healthcheck?.Test ?? [],
    };

    /// <summary>Maps a log record.</summary>
    /// <param name="record">The engine's.</param>
    /// <param name="container">The container it is of.</param>
    /// <returns>The module's.</returns>
    public static ContainerLogRecord ToLogRecord(this LogRecord record, ContainerSnapshot container)
    {
        var whole = record.Text.EndsWith('\n');
        return new ContainerLogRecord
        {
            Time = record.Time,
            Stream = (ContainerLogStream)record.Stream,
            Text = whole ? record.Text[..^1] : record.Text,
            IsPartial = !whole,
            ContainerId = container.Id,
            ContainerName = container.Name,
        };
    }

    /// <summary>Maps the engine's facts.</summary>
    /// <param name="info">The engine's.</param>
    /// <returns>The module's.</returns>
    public static ContainerEngineInfo ToEngineInfo(this EngineInfo info) => new()
    {
        Version = info.Version,
        KernelVersion = info.KernelVersion,
        Architecture = info.Architecture,
        CgroupVersion = info.CgroupVersion,
        CgroupController = info.CgroupControllers,
        StateRoot = info.StateRoot,
        RuntimeRoot = info.RuntimeRoot,
        ConfigurationFile = info.ConfigurationFile,
        Containers = info.Containers,
        ContainersRunning = info.ContainersRunning,
        Images = info.Images,
        Processors = info.Processors,
        Memory = info.Memory,
    };

    /// <summary>Maps a signal's number; one that signal(7) does not know gives null.</summary>
    /// <param name="number">The number.</param>
    /// <returns>The signal.</returns>
    internal static Signal? ToSignal(int? number) => number is >= 1 and <= 64 ? new Signal(number.Value) : null;
}
