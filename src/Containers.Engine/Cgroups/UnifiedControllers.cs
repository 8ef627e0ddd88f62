using Containers.Interop;

namespace Containers.Engine.Cgroups;

/// <summary>
/// Hands controllers down the v2 hierarchy. A controller works in a cgroup only if every cgroup above has it in cgroup.subtree_control, and a
/// cgroup (but the real root) that has one there must hold no process itself.
/// </summary>
/// <param name="controllers">The controllers the engine uses.</param>
internal sealed class UnifiedControllers(IReadOnlyList<ICgroupController> controllers)
{
    private const string SubtreeControl = "cgroup.subtree_control";

    // Devices are controlled by a program, which needs no enabling.
    private readonly string[] wanted = [.. controllers.Where(controller => controller is not Cgroup2Devices).Select(controller => controller.Name)];
    private readonly Dictionary<string, string> refusals = new(StringComparer.Ordinal);
    private HashSet<string> enabled = new(StringComparer.Ordinal);

    /// <summary>Splits a line of controllers' names.</summary>
    /// <param name="line">A file's text, or null.</param>
    /// <returns>The names.</returns>
    public static string[] Names(string? line) => line?.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Whether a controller works below the last cgroup given to <see cref="EnableBelow"/>.</summary>
    /// <param name="controller">The controller's name.</param>
    /// <returns>Whether it does.</returns>
    public bool IsEnabled(string controller) => !wanted.Contains(controller) || enabled.Contains(controller);

    /// <summary>Why a controller does not work.</summary>
    /// <param name="controller">The controller's name.</param>
    /// <returns>A sentence, or null where no attempt was refused.</returns>
    public string? RefusalOf(string controller) => refusals.GetValueOrDefault(controller);

    /// <summary>Enables what is wanted for the cgroups below a cgroup, as far as the kernel lets it.</summary>
    /// <param name="folder">The cgroup.</param>
    public void EnableBelow(CgroupFolder folder)
    {
        enabled = [.. Names(folder.Read(SubtreeControl))];
        if (wanted.All(enabled.Contains))
        {
            return;
        }

        string[] missing = [.. wanted.Where(Names(folder.Read("cgroup.controllers")).Contains).Where(name => !enabled.Contains(name))];
        Errno errno = missing.Length > 0 ? folder.TryWrite(SubtreeControl, string.Join(' ', missing.Select(name => "+" + name))) : Errno.None;
        foreach (string name in errno == Errno.None ? [] : missing)
        {
            // All or nothing: one refused controller (cpu where a real-time process runs) must not cost the others. Not where the cgroup holds processes:
            // there cpu and pids would be let through and turn it into a threaded one, below which no container can live.
            Errno one = errno == Errno.EBUSY ? errno : folder.TryWrite(SubtreeControl, "+" + name);
            if (one != Errno.None)
            {
                refusals[name] = $"writing '+{name}' to '{folder.Path}/{SubtreeControl}' failed with {KernelException.Describe(one)}"
                    + (one == Errno.EBUSY ? "; move the processes of that cgroup into one below it" : "");
            }
        }

        enabled = [.. Names(folder.Read(SubtreeControl))];
    }
}
