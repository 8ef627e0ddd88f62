using System.Globalization;
using Containers.Engine.Cgroups;
using Containers.Engine.Events;
using Containers.Engine.Images;
using Containers.Engine.Namespaces;
using Containers.Engine.Runtime.Launch;
using Containers.Engine.Security;
using Containers.Engine.Storage;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <summary>Starts containers: compiles the plan, spawns the helper, and hears from its monitor whether the command runs.</summary>
/// <param name="services">The engine's.</param>
internal sealed class ContainerStart(EngineServices services)
{
    private static readonly Lazy<long> HardLimitOfOpenFiles = new(ProcessLimits.OpenFilesHard);

    private readonly NamespaceSharing sharing = new(services);

    /// <summary>RLIMIT_NOFILE's hard limit of this process.</summary>
    public static long OpenFilesLimit => HardLimitOfOpenFiles.Value;

    /// <summary>Starts a container that its caller has locked. Where it fails, nothing of the start is left.</summary>
    /// <param name="document">The container.</param>
    /// <param name="held">Its lock.</param>
    /// <param name="attach">Whether the session gets the output.</param>
    /// <param name="withInput">Whether the session feeds standard input.</param>
    /// <param name="cancellation">Ends the start.</param>
    public MonitorLink Start(ContainerDocument document, ContainerLock held, bool attach, bool withInput, CancellationToken cancellation)
    {
        string id = held.Id;
        if (document.Health is not null)
        {
            services.RequireHandOver(document);
        }

        using JoinedContainers joined = sharing.Open(document, cancellation);
        using FileDescriptor records = services.Store.Records.OpenFolder(id, isKept: !document.Options.RemoveOnExit);
        using FileDescriptor state = services.Store.OpenStateFolder(id) ?? throw ContainerStore.NotFound(id);
        services.Store.Records.Clear(id, records);
        RemoveLeftCgroup(id);
        ContainerOptions options = document.Options;
        ContainerCgroup cgroup = services.Cgroups.Create(id, options.Limits, Devices(options));
        try
        {
            using (cgroup)
            {
                return Launch(document, held, joined, cgroup, records, state, attach, withInput, cancellation);
            }
        }
        catch (EngineException) when (joined.Ended is { } other)
        {
            // What it met on the way says nothing: the namespaces ended with the other container's first process.
            RemoveLeftCgroup(id);
            throw NamespaceSharing.NotRunning(document, other, "namespaces");
        }
        catch
        {
            RemoveLeftCgroup(id);
            throw;
        }
    }

    /// <summary>Ends and removes what a container left in its cgroups, as after the death of its monitor.</summary>
    /// <returns>False where it left nothing.</returns>
    public bool RemoveLeftCgroup(string id)
    {
        using ContainerCgroup? left = services.Cgroups.Open(id);
        left?.Kill();
        left?.Remove();
        return left is not null;
    }

    /// <summary>Whether it gets this machine's devices: not with users of its own, whose root they would be for, and who is to be nobody here.</summary>
    private static bool HasAllDevices(ContainerOptions options) => options is { Privileged: true, UserNamespace: null };

    private static DevicePolicy Devices(ContainerOptions options) => HasAllDevices(options)
        ? DevicePolicy.AllowAll
        : options.Devices.Count + options.DeviceCgroupRules.Count == 0
            ? DevicePolicy.Default
            : DevicePolicy.Default.With([.. options.Devices.SelectMany(HostDevices.Rules), .. options.DeviceCgroupRules.SelectMany(DeviceRule.Parse)]);

    private MonitorLink Launch(
        ContainerDocument document, ContainerLock held, JoinedContainers joined, ContainerCgroup cgroup, FileDescriptor records, FileDescriptor state,
        bool attach, bool withInput, CancellationToken cancellation)
    {
        // Without a session at its input a terminal stays, and a pipe only where somebody keeps it open.
        bool keepsInput = !withInput && document.Options is { Interactive: true, Tty: false };
        using FileDescriptor listening = held.ListenForSessions();

        // Opened anew: the lock is the open folder's.
        using FileDescriptor spare = services.Store.Records.OpenFolder(document.Id, isKept: false);
        var link = new MonitorLink(attach, withInput || keepsInput, document.Options.Tty);
        try
        {
            LaunchDescriptors descriptors = link.TheirEnds(records, state, services.HandOver) with
            {
                EventsFolder = services.Events.Folder.Number,
                SpareRecordsFolder = document.Options.RemoveOnExit ? null : spare.Number,
                AttachSocket = listening.Number,
                KeptInput = keepsInput ? link.Input!.Number : null,
                StartLock = held.Descriptor,
                SharingLock = joined.Lock?.Number,
            };
            using FileDescriptor? users = MakeUsers(document, cancellation);
            LaunchPlan plan = LaunchCompiler.Compile(MakeRequest(document, cgroup, state, descriptors) with { Sharing = joined.Sharing, Users = Describe(document, users) });
            HelperRun.Start(plan, link, whenCanceled: () => cgroup.Kill(), cancellation);
            return link;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    /// <summary>Anew at each start: with the container it is gone.</summary>
    private static FileDescriptor? MakeUsers(ContainerDocument document, CancellationToken cancellation) =>
        document.Options.UserNamespace is { } mapping ? NamespaceCreation.MakeUsers(document.Name, mapping.Users, mapping.GroupsOrUsers, cancellation) : null;

    private static LaunchUsers? Describe(ContainerDocument document, FileDescriptor? users) => document.Options.UserNamespace is { } mapping && users is not null
        ? new LaunchUsers(
            users.Number, UserMapping.Outside(mapping.Users, 0)!.Value, UserMapping.Outside(mapping.GroupsOrUsers, 0)!.Value, UserMapping.Outside(mapping.GroupsOrUsers, 5))
        : null;

    private LaunchRequest MakeRequest(ContainerDocument document, ContainerCgroup cgroup, FileDescriptor state, LaunchDescriptors descriptors)
    {
        ContainerOptions options = document.Options;
        CapabilitySet capabilities = CapabilitySet.Resolve(options.CapAdd, options.CapDrop, options.Privileged);
        return new LaunchRequest
        {
            Id = document.Id,
            Options = options,
            Command = document.Command,
            Root = MakeRoot(document),
            Cgroup = Describe(cgroup, isKilled: options.PidNamespace is not null),
            Capabilities = capabilities.Bits,
            Seccomp = SeccompFilter.For(options.SeccompProfile, capabilities, options.Privileged, services.Seccomp),
            HostDevices = [.. options.Devices.SelectMany(HostDevices.Of), .. HasAllDevices(options) ? HostDevices.List() : []],
            Hosts = HostsFile.Make(state, $"{services.Roots.StateRoot}/containers/{document.Id}", options, document.Command.HostName),
            MountPoint = services.MountPoint,
            StagingPoint = services.StagingPoint,
            OpenFilesLimit = OpenFilesLimit,
            RunningPrefix = $"{{\"bootId\":\"{ProcessIdentity.CurrentBootId}\",",
            EventSubject = EventLog.SubjectOf(document),
            HandOverEnvironment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", .. services.Surroundings()],
            Health = document.Health,
            Descriptors = descriptors,
        };
    }

    private LaunchRoot MakeRoot(ContainerDocument document)
    {
        if (document.Options.RootFileSystem is { } folder)
        {
            return new LaunchRoot.Folder(folder);
        }

        string own = $"containers/{document.Id}";
        bool isHost = document.ImageId == ImageStore.HostImage;
        List<string> layers = isHost ? ["/"] : [.. document.Layers.Reverse().Select(layer => $"layers/{Digest.Hex(layer)}/{LayerStore.FilesName}")];
        return new LaunchRoot.Overlay(
            services.Roots.StateRoot, layers, $"{own}/upper", $"{own}/work", Volatile: document.Options.RemoveOnExit,
            Hidden: isHost ? Outermost("/run", "/tmp", services.Roots.StateRoot, services.Roots.RuntimeRoot) : []);
    }

    /// <summary>Those folders that no other of them holds.</summary>
    private static List<string> Outermost(params string[] folders)
    {
        string[] paths = [.. folders.Select(Path.GetFullPath).Distinct(StringComparer.Ordinal)];
        return [.. paths.Where(path => !paths.Any(other => other != path && path.StartsWith(other + "/", StringComparison.Ordinal)))];
    }

    private LaunchCgroup Describe(ContainerCgroup cgroup, bool isKilled) => LaunchCgroup.ToJoin(cgroup, services.Cgroups) with
    {
        Removals = [.. cgroup.Removals.Select(r => (r.Parent.Number, r.Name))],
        OomCounter = cgroup.OomCounter?.Number,
        Killer = isKilled ? cgroup.Killer?.Number : null,
        Shown = cgroup.Shown,
        Links = cgroup.Links,
    };
}
