using System.Globalization;

namespace Containers.Engine.Namespaces;

/// <summary>Whose namespaces are meant.</summary>
public abstract record NamespaceTarget
{
    private const string OfContainer = "container:";

    private NamespaceTarget()
    {
    }

    /// <summary>Reads what a user writes: a process's number, <c>container:NAME</c>, <c>net:[4026531840]</c>, an absolute path of a namespace's file, or a name of <see cref="ContainerEngine.CreateNamespaces"/>.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The target.</returns>
    public static NamespaceTarget Parse(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? new OfProcess(pid)
        : text.StartsWith(OfContainer, StringComparison.OrdinalIgnoreCase) ? new OfRunningContainer(text[OfContainer.Length..])
        : NamespaceKinds.Parse(text) is { } one ? new OfNumber(one.Type, one.Id)
        : text.StartsWith('/') ? new OfFile(text)
        : new OfName(text);

    /// <summary>Those of a process.</summary>
    /// <param name="ProcessId">Its number on this machine.</param>
    public sealed record OfProcess(int ProcessId) : NamespaceTarget
    {
        /// <inheritdoc/>
        public override string ToString() => $"the process {ProcessId}";
    }

    /// <summary>Those of a running container's first process.</summary>
    /// <param name="NameOrId">A name or the beginning of an id.</param>
    public sealed record OfRunningContainer(string NameOrId) : NamespaceTarget
    {
        /// <inheritdoc/>
        public override string ToString() => $"the container '{NameOrId}'";
    }

    /// <summary>Those that were made together and pinned under a name.</summary>
    /// <param name="Name">The name.</param>
    public sealed record OfName(string Name) : NamespaceTarget
    {
        /// <inheritdoc/>
        public override string ToString() => $"'{Name}'";
    }

    /// <summary>One, by its number.</summary>
    /// <param name="Type">Its kind.</param>
    /// <param name="Id">The number.</param>
    public sealed record OfNumber(NamespaceType Type, ulong Id) : NamespaceTarget
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Type.FileName()}:[{Id}]";
    }

    /// <summary>One, by a file of it: <c>/proc/PID/ns/net</c>, or where it is mounted.</summary>
    /// <param name="Path">The path.</param>
    public sealed record OfFile(string Path) : NamespaceTarget
    {
        /// <inheritdoc/>
        public override string ToString() => $"'{Path}'";
    }
}
