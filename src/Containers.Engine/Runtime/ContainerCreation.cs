using Containers.Engine.Events;
using Containers.Engine.Images;
using Containers.Engine.Runtime.Launch;
using Containers.Engine.Security;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Runtime;

/// <summary>Makes a container's document and folders from what was asked and what its image says.</summary>
/// <param name="services">The engine's.</param>
internal sealed class ContainerCreation(EngineServices services)
{
    private readonly NamespaceSharing sharing = new(services);
    private readonly IdRanges ranges = new(services);

    /// <summary>Makes a container; it is locked until the caller disposes the lock.</summary>
    public (ContainerDocument Document, ContainerLock Held) Create(ContainerOptions asked, CancellationToken cancellation)
    {
        ContainerOptions options = asked with
        {
            Volumes = [.. asked.Volumes.Select(v => v with { Target = ContainerOptionsCheck.Normalize(v.Target) })],
            Devices = [.. asked.Devices.Select(d => d with { Target = ContainerOptionsCheck.Normalize(d.Target) })],
            Tmpfs = [.. asked.Tmpfs.Select(t => t with { Target = ContainerOptionsCheck.Normalize(t.Target) })],
            Limits = new ResourceLimits
            {
                Memory = asked.Limits.Memory ?? services.Configuration.Limits.Memory,
                Cpus = asked.Limits.Cpus ?? services.Configuration.Limits.Cpus,
                PidsLimit = asked.Limits.PidsLimit ?? services.Configuration.Limits.PidsLimit,
            },
            Log = asked.Log ?? services.Configuration.Log,
            NoNewPrivileges = asked.NoNewPrivileges ?? services.Configuration.Runtime.NoNewPrivileges,
            SeccompProfile = asked.SeccompProfile ?? (asked.Privileged ? null : ConfiguredSeccompProfile()),
        };
        ContainerOptionsCheck.Check(asked);

        // What later steps would refuse is refused now, before anything is there.
        CapabilitySet capabilities = CapabilitySet.Resolve(options.CapAdd, options.CapDrop, options.Privileged);
        _ = SeccompFilter.For(options.SeccompProfile, capabilities, options.Privileged, services.Seccomp);
        cancellation.ThrowIfCancellationRequested();

        string id = ContainerNames.NewId();
        ContainerLock held = services.Store.Claim(id);
        string? name = null;
        bool hasIdFile = false;
        try
        {
            WriteIdFile(options, id);
            hasIdFile = true;
            name = ClaimName(options.Name, id);
            sharing.Check(options, id);
            using FileDescriptor? looking = options.UserNamespace is { IsToBeFound: true } ? ranges.Lock(cancellation) : null;
            options = looking is null ? options : options with { UserNamespace = ranges.Find() };
            ContainerDocument document;
            if (options.RootFileSystem is null)
            {
                // Under the store's lock, so that the image is not removed between the look at it and the document that uses it.
                ImageInfo image = FindImage(options.Image);
                using FileDescriptor? kept = image.IsBuiltIn ? null : services.Images.Lock();
                image = kept is null ? image : FindImage(options.Image);
                document = MakeDocument(id, name, options, image);
                Write(document);
            }
            else
            {
                document = MakeDocument(id, name, options, image: null);
                Write(document);
            }

            services.Events.Write(EventAction.Create, document);
            return (document, held);
        }
        catch
        {
            using (held)
            {
                services.Store.Remove(held, name);
            }

            if (hasIdFile)
            {
                RemoveIdFile(options);
            }

            throw;
        }
    }

    /// <summary>Removes the file of the id of a container that is not to be.</summary>
    public static void RemoveIdFile(ContainerOptions options)
    {
        if (options.IdFile is { } path)
        {
            _ = Files.TryRemove(Files.CurrentFolder, path, isFolder: false);
        }
    }

    private static void WriteIdFile(ContainerOptions options, string id)
    {
        if (options.IdFile is not { } path)
        {
            return;
        }

        using FileDescriptor? file = Files.TryOpen(Files.CurrentFolder, path, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL, 0x1a4, out Errno errno);
        if (file is null)
        {
            throw errno == Errno.EEXIST
                ? new EngineException(
                    EngineErrorReason.AlreadyExists, path, $"The file '{path}' for the container's id is there already. Remove it, or name another one.", errno)
                : new EngineException(EngineErrorReason.Storage, path, $"The file '{path}' for the container's id cannot be made: {KernelException.Describe(errno)}.", errno);
        }

        try
        {
            Files.Write(file, System.Text.Encoding.ASCII.GetBytes(id), path);
        }
        catch
        {
            RemoveIdFile(options);
            throw;
        }
    }

    /// <summary>The text of the profile that the configuration names; null where it names none. The document keeps it, so that a later edit changes no container.</summary>
    private string? ConfiguredSeccompProfile()
    {
        if (services.Configuration.Runtime.SeccompProfile is not { } path)
        {
            return null;
        }

        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(
                EngineErrorReason.InvalidConfiguration, path,
                $"The seccomp profile '{path}', which the configuration names (runtime.seccompProfile), cannot be read: {e.Message}", e);
        }
    }

    private void Write(ContainerDocument document)
    {
        services.Store.MakeStateFolder(document.Id, hasLayer: document.Options.RootFileSystem is null);
        services.Store.Records.Write(document);
        if (document.Options.RestartPolicy.Mode != RestartMode.No)
        {
            services.Store.Records.Write(document, new RestartRecord());
        }
    }

    private ImageInfo FindImage(string? name) =>
        services.Images.Get(name ?? throw ContainerOptionsCheck.Invalid("image", "A container needs an image or a folder as its root file system."));

    private string ClaimName(string? wanted, string id)
    {
        for (int attempt = 0; ; attempt++)
        {
            string name = wanted ?? ContainerNames.NewName(attempt);
            try
            {
                services.Store.Names.Claim(name, id);
                return name;
            }
            catch (EngineException e) when (wanted is null && e.Reason == EngineErrorReason.AlreadyExists && attempt < 100)
            {
                // Taken: another one.
            }
        }
    }

    private ContainerDocument MakeDocument(string id, string name, ContainerOptions options, ImageInfo? image)
    {
        string hostName = sharing.HostName(options, id);
        var defaults = new ImageDefaults(options, image);
        return new ContainerDocument
        {
            Id = id,
            Name = name,
            CreatedAt = DateTimeOffset.UtcNow,
            Options = options with { Name = name, Labels = defaults.Labels() },
            Command = new LaunchCommand(defaults.Command(name), defaults.Environment(hostName), defaults.User(), defaults.WorkingDirectory(), hostName),
            ImageId = image?.Id,
            Layers = image?.Layers ?? [],
            StopSignal = defaults.StopSignal(),
            Health = defaults.Health(name),
        };
    }
}
