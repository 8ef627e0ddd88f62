namespace Containers;

/// <summary>What <c>-Mount</c> takes: a <see cref="ContainerMount"/> or a <see cref="ContainerTmpfs"/>.</summary>
public interface IContainerMount
{
    /// <summary>An absolute path inside the container.</summary>
    string Target { get; }
}
