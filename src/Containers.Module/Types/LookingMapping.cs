using System.Globalization;

namespace Containers;

/// <summary>Makes the module's objects of what the engine says of living containers.</summary>
internal static class LookingMapping
{
    /// <summary>Maps a process.</summary>
    /// <param name="process">The engine's.</param>
    /// <param name="container">The container it is of.</param>
    /// <returns>The module's.</returns>
    public static ContainerProcess ToContainerProcess(this Engine.Processes.ContainerProcess process, Engine.Runtime.ContainerSnapshot container) => new()
    {
        ContainerId = container.Id,
        ContainerName = container.Name,
        ProcessId = process.ProcessId,
        InnerProcessId = process.InnerProcessId,
        ParentProcessId = process.ParentProcessId,
        UserId = process.UserId,
        UserName = process.UserName,
        State = (ContainerProcessState)process.State,
        StartedAt = process.StartedAt,
        CpuTime = process.CpuTime,
        CpuPercent = process.CpuPercent,
        Memory = process.Memory,
        Threads = process.Threads,
        Name = process.Name,
        Argument = process.Arguments,
        CommandLine = process.CommandLine,
    };

    /// <summary>Maps a measurement.</summary>
    /// <param name="usage">The engine's.</param>
    /// <returns>The module's.</returns>
    public static ContainerUsage ToContainerUsage(this Engine.Measuring.ContainerUsage usage) => new()
    {
        ContainerId = usage.Id,
        ContainerName = usage.Name,
        Time = usage.Time,
        CpuTime = usage.CpuTime,
        CpuPercent = usage.CpuPercent,
        Memory = usage.Memory,
        MemoryLimit = usage.MemoryLimit,
        MemoryPercent = usage.MemoryPercent,
        Pids = usage.Pids,
        PidsLimit = usage.PidsLimit,
        NetworkReceived = usage.NetworkReceived,
        NetworkSent = usage.NetworkSent,
        BlockRead = usage.BlockRead,
        BlockWritten = usage.BlockWritten,
    };

    /// <summary>Maps an event.</summary>
    /// <param name="happened">The engine's.</param>
    /// <returns>The module's.</returns>
    public static ContainerEvent ToContainerEvent(this Engine.Events.ContainerEvent happened) => new()
    {
        Time = happened.Time,
        Type = happened.Type,
        Action = happened.Action,
        Id = happened.Id,
        Name = happened.Name,
        Image = happened.Image,
        ExitCode = happened.Attributes.TryGetValue("exitCode", out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : null,
        Label = happened.Labels,
        Attribute = happened.Attributes,
    };
}
