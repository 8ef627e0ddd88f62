using Containers.Engine.Runtime;

namespace Containers.Completion;

/// <summary>Completes the names of containers that can be started.</summary>
internal sealed class IdleContainerNameCompleter : ContainerNameCompleter
{
    /// <inheritdoc/>
    protected override bool IsOffered(ContainerSnapshot container) => container is { State: not (Engine.Runtime.ContainerState.Running or Engine.Runtime.ContainerState.Creating) };
}
