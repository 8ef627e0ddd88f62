using Containers.Commands;
using Containers.Engine;
using Containers.Engine.Runtime;

namespace Containers.Foreground;

/// <summary>Says that a container whose life in the foreground is over goes on in the background, as its restart policy has it.</summary>
/// <param name="cmdlet">The cmdlet in whose foreground it was.</param>
internal sealed class RestartNotice(ContainerCommand cmdlet)
{
    /// <summary>Says it as a warning.</summary>
    /// <param name="ended">The container.</param>
    public void Warn(ContainerSnapshot ended)
    {
        if (Text(ended) is { } text)
        {
            cmdlet.WriteWarning(text);
        }
    }

    /// <summary>Says it where the pipeline is at its end, as after Ctrl-C, and takes no warnings any more: by the host.</summary>
    /// <param name="ended">The container.</param>
    public void WarnByHost(ContainerSnapshot ended)
    {
        if (Text(ended) is { } text)
        {
            cmdlet.Host?.UI?.WriteWarningLine(text);
        }
    }

    private static string? Text(ContainerSnapshot ended)
    {
        var policy = ended.Options.RestartPolicy;
        return policy.Mode != RestartMode.No && IsGoingOn(ended.Id)
            ? $"The container '{ended.Name}' goes on in the background, as its restart policy ({ContainerRestartPolicy.Of(policy)}) starts it again. To end it: Stop-Container {ended.Name}"
            : null;
    }

    private static bool IsGoingOn(string id)
    {
        try
        {
            return EngineSession.Current().Get(id).State is Engine.Runtime.ContainerState.Restarting or Engine.Runtime.ContainerState.Running;
        }
        catch (EngineException)
        {
            // Removed meanwhile.
            return false;
        }
    }
}
