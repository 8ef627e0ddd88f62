using Containers.Engine.Runtime;

namespace Containers.Completion;

/// <summary>Completes the names of containers that run, and are not suspended.</summary>
internal sealed class RunningContainerNameCompleter : ContainerNameCompleter
{
    /// <inheritdoc/>
    protected override bool IsOffered(ContainerSnapshot container) => container is { State: Engine.Runtime.ContainerState.Running, IsPaused: false };
}
