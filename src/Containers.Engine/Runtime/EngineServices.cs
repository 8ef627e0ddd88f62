using System.Diagnostics.CodeAnalysis;
using Containers.Engine.Cgroups;
using Containers.Engine.Configuration;
using Containers.Engine.Events;
using Containers.Engine.Images;
using Containers.Engine.Security;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Runtime;

/// <summary>What the operations of one engine share.</summary>
internal sealed class EngineServices : IDisposable
{
    private readonly Lazy<ImageStore> images;
    private readonly Lazy<ImageMounts> imageMounts;
    private readonly Lazy<CgroupManager> cgroups;
    private readonly Lazy<FileDescriptor?> handOver;

    public EngineServices(EngineConfiguration configuration)
    {
        Configuration = configuration;
        Roots = new StorageRoots(configuration.StateRoot, configuration.RuntimeRoot);
        Channels.EnsureStandardDescriptors();
        Store = new ContainerStore(Roots);
        MountPoint = MakeFolder("root");
        StagingPoint = MakeFolder("staging");

        Seccomp = new SeccompCache(Path.Combine(Roots.RuntimeRoot, "seccomp"));
        imageMounts = new(() => new ImageMounts(Roots, MountPoint));
        Events = new EventLog(Roots.RuntimeRoot);
        images = new(() => new ImageStore(Roots, Uses) { Events = Events, ParallelLayers = configuration.Images.Parallel });
        cgroups = new(() => CgroupManager.Detect(configuration.CgroupParent, Store.Identity));
        handOver = new(OpenHandOver);
    }

    public EngineConfiguration Configuration { get; }

    public StorageRoots Roots { get; }

    public ContainerStore Store { get; }

    public SeccompCache Seccomp { get; }

    public EventLog Events { get; }

    public ImageStore Images => images.Value;

    public ImageMounts ImageMounts => imageMounts.Value;

    public CgroupManager Cgroups => cgroups.Value;

    /// <summary>The program that finishes a container without a session; null where this build has none.</summary>
    public FileDescriptor? HandOver => handOver.Value;

    /// <summary>An empty folder on which every container mounts its root, each in its own mount namespace.</summary>
    public string MountPoint { get; }

    /// <summary>A second one.</summary>
    public string StagingPoint { get; }

    /// <summary>The variables by which another program works on the same roots and configuration: <c>NAME=VALUE</c>.</summary>
    public List<string> Surroundings()
    {
        var variables = new List<string>();
        if (Environment.GetEnvironmentVariable("CONTAINERS_ROOT") is { Length: > 0 } root)
        {
            variables.Add($"CONTAINERS_ROOT={Path.GetFullPath(root)}");
        }

        // One that is named must be there; the default one need not.
        if (Configuration.File is { } file && file != EngineConfiguration.DefaultPath)
        {
            variables.Add($"CONTAINERS_CONFIG={Path.GetFullPath(file)}");
        }

        return variables;
    }

    /// <summary>Refuses what needs <see cref="HandOver"/> where it is not there.</summary>
    public void RequireHandOver(ContainerDocument document)
    {
        if (HandOver is null)
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, document.Name,
                "The program 'containers', which removes a container at its end, starts it again or checks its health when no session is there, is not beside the engine. "
                + "Build it (dotnet build), or do without: no -Rm, no -Restart, and -HealthCommand none.");
        }
    }

    /// <summary>Runs the program beside the engine on the same roots, so that it outlives this session; <see cref="HandOver"/> is there.</summary>
    /// <param name="arguments">argv, the first one included.</param>
    public void RunDetached(string[] arguments)
    {
        int pid = Spawn.StartDetached(HandOver!, arguments, Surroundings());

        // The session may live long: its child is not to stay as a zombie.
        new Thread(() => Spawn.Reap(pid)) { IsBackground = true, Name = "containers reaper" }.Start();
    }

    /// <summary>Else containers that are well would be taken for half made, and their layers for abandoned.</summary>
    /// <exception cref="EngineException">Storage.</exception>
    public void RequireWholeStore()
    {
        if (!Store.IsWhole)
        {
            throw new EngineException(
                EngineErrorReason.Storage, Roots.StateRoot,
                $"The folders of containers in '{Roots.StateRoot}' and '{Roots.RuntimeRoot}' do not belong together, so that what looks abandoned in them may be in use: is a file system not mounted? "
                + $"What is gone for good is given up with: setfattr -x {StoreSeal.Name} {Roots.StateRoot}/names {Roots.RuntimeRoot}/containers");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Store.Dispose();
        Events.Dispose();
        if (images.IsValueCreated)
        {
            images.Value.Dispose();
        }

        if (imageMounts.IsValueCreated)
        {
            imageMounts.Value.Dispose();
        }

        if (cgroups.IsValueCreated)
        {
            cgroups.Value.Dispose();
        }

        if (handOver.IsValueCreated)
        {
            handOver.Value?.Dispose();
        }
    }

    private string MakeFolder(string name)
    {
        string path = Path.Combine(Roots.RuntimeRoot, name);
        StoreFolder.OpenRoot(path).Dispose();
        return path;
    }

    private List<ImageUse> Uses()
    {
        RequireWholeStore();
        var uses = new List<ImageUse>();
        foreach (string id in Store.Ids())
        {
            if (Store.Records.Read(id).Document is { ImageId: string image } document)
            {
                uses.Add((document.Name, image, document.Layers));
            }
        }

        uses.AddRange(ImageMounts.Uses());

        return uses;
    }

    private static FileDescriptor? OpenHandOver()
    {
        // Beside the engine, or one folder up: the module keeps the engine's assemblies in a folder of their own.
        string? folder = Path.GetDirectoryName(EnginePath());
        for (int up = 0; folder is not null && up < 2; up++, folder = Path.GetDirectoryName(folder))
        {
            if (Files.TryOpen(Files.CurrentFolder, Path.Combine(folder, "containers"), LibC.O_PATH, 0, out _) is { } file)
            {
                return file;
            }
        }

        return null;
    }

    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "Empty in a native executable: then the executable's own folder is the one.")]
    private static string EnginePath()
    {
        string location = typeof(EngineServices).Assembly.Location;
        return location.Length > 0 ? location : Environment.ProcessPath ?? string.Empty;
    }
}
