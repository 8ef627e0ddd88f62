using System.Management.Automation;

namespace Containers.Arguments;

/// <summary>A restart policy in Docker's words, or a container's own.</summary>
internal sealed class RestartArgumentAttribute : ArgumentAttribute
{
    /// <inheritdoc/>
    protected override object Convert(SessionState session, object input) =>
        Unwrap(input) as ContainerRestartPolicy ?? ContainerRestartPolicy.Parse(Text(input));
}
