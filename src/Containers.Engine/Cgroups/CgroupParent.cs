using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Cgroups;

/// <summary>The cgroup above all containers in one hierarchy, made and ready, with its descriptors kept open. Never changes.</summary>
internal sealed class CgroupParent
{
    /// <summary>The cgroup beside the containers' that monitors live in.</summary>
    public const string MonitorsName = "monitors";

    private const string V1Tasks = "tasks";

    private CgroupParent(CgroupHierarchy hierarchy, string path, FileDescriptor folder, UnifiedControllers? unified)
    {
        Hierarchy = hierarchy;
        Path = path;
        Folder = folder;
        Unified = unified;
        var self = new CgroupFolder(folder, "", path);
        if (hierarchy.IsUnified)
        {
            _ = Files.MakeFolder(folder.Number, MonitorsName, CgroupManager.FolderMode);
            MonitorJoin = self.Open(MonitorsName, LibC.O_RDONLY | LibC.O_DIRECTORY);
        }
        else if (hierarchy.IsPerContainer(new CgroupSettings(new(), Devices: null)))
        {
            _ = Files.MakeFolder(folder.Number, MonitorsName, CgroupManager.FolderMode);
            MonitorJoin = self.Open($"{MonitorsName}/{V1Tasks}", LibC.O_WRONLY);
        }
        else
        {
            MonitorJoin = self.Open(V1Tasks, LibC.O_WRONLY);
        }
    }

    /// <summary>The hierarchy.</summary>
    public CgroupHierarchy Hierarchy { get; }

    /// <summary>The cgroup's absolute path.</summary>
    public string Path { get; }

    /// <summary>Its folder (O_PATH).</summary>
    public FileDescriptor Folder { get; }

    /// <summary>Which controllers work below it; null for v1, where all of the hierarchy's do.</summary>
    public UnifiedControllers? Unified { get; }

    /// <summary>
    /// v1: the <c>tasks</c> file a monitor writes <c>0</c> to; it is the parent's own where containers have none of their own, so that they join by it
    /// too. v2: the folder for CLONE_INTO_CGROUP.
    /// </summary>
    public FileDescriptor MonitorJoin { get; }

    /// <summary>Makes the cgroup where it is missing, with every cgroup on the way to it.</summary>
    /// <param name="hierarchy">The hierarchy.</param>
    /// <param name="parent">Its path in the hierarchy: <c>pscontainers</c>, <c>machine.slice/pscontainers</c>.</param>
    /// <returns>The cgroup.</returns>
    /// <exception cref="EngineException">It cannot be made.</exception>
    public static CgroupParent Open(CgroupHierarchy hierarchy, string parent)
    {
        UnifiedControllers? unified = hierarchy.IsUnified ? new UnifiedControllers(hierarchy.Controllers) : null;
        CgroupFolder above = OpenFolder(Files.CurrentFolder, hierarchy.Mount.Path, hierarchy.Mount.Path);
        unified?.EnableBelow(above);
        string[] names = parent.Split('/');
        for (int i = 0; i < names.Length; i++)
        {
            string name = names[i];
            string path = $"{above.Path}/{name}";
            bool isNew = Make(above, name, path);
            CgroupFolder folder = OpenFolder(above.Anchor.Number, name, path);
            // The last is the engine's own and prepared each time: a session could have ended between making and preparing it.
            if (isNew || i == names.Length - 1)
            {
                foreach (ICgroupController controller in hierarchy.Controllers)
                {
                    controller.Prepare(above, folder);
                }
            }

            unified?.EnableBelow(folder);
            above.Anchor.Dispose();
            above = folder;
        }

        return new CgroupParent(hierarchy, above.Path, above.Anchor, unified);
    }

    /// <summary>Whether the hierarchy has a controller and it works below this cgroup.</summary>
    /// <param name="controller">The controller's name.</param>
    /// <returns>Whether it does.</returns>
    public bool Has(string controller) =>
        Hierarchy.Controllers.Any(known => known.Name == controller) && (Unified is null || Unified.IsEnabled(controller));

    /// <summary>The cgroup of a container.</summary>
    /// <param name="id">The container's id.</param>
    /// <returns>Its folder, which need not be there.</returns>
    public CgroupFolder ContainerFolder(string id) => new(Folder, id + "/", $"{Path}/{id}");

    private static bool Make(CgroupFolder above, string name, string path)
    {
        try
        {
            return Files.MakeFolder(above.Anchor.Number, name, CgroupManager.FolderMode);
        }
        catch (KernelException e)
        {
            throw above.Refused($"making the cgroup '{path}'", e.Errno);
        }
    }

    private static CgroupFolder OpenFolder(int start, string name, string path)
    {
        FileDescriptor? folder = Files.TryOpen(start, name, LibC.O_PATH | LibC.O_DIRECTORY, 0, out Errno errno);
        return folder is not null
            ? new CgroupFolder(folder, "", path)
            : throw new EngineException(
                EngineErrorReason.NotSupported, path, $"Opening the cgroup '{path}' failed with {KernelException.Describe(errno)}.", errno);
    }
}
