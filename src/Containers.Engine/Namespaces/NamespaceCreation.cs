using System.Security.Cryptography;
using Containers.Engine.Runtime;
using Containers.Engine.Runtime.Launch;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Namespaces;

/// <summary>
/// Makes namespaces: the helper's process is born into them and holds them until they are pinned. Of a pid namespace it stays as its pid 1, without which the kernel
/// lets nobody in; else it is gone then.
/// </summary>
/// <param name="services">The engine's.</param>
/// <param name="pins">The pins.</param>
internal sealed class NamespaceCreation(EngineServices services, NamespacePins pins)
{
    /// <summary>Linux takes 340 lines in a map (user_namespaces(7)).</summary>
    private const int MostRanges = 340;

    /// <summary>HOST_NAME_MAX.</summary>
    private const int LongestHostName = 64;

    /// <summary>Makes and pins them.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="cancellation">Undoes what was made so far.</param>
    /// <returns>The name.</returns>
    /// <exception cref="EngineException">InvalidArgument, AlreadyExists, LaunchFailed, PermissionDenied, Storage.</exception>
    public string Create(NamespaceOptions options, CancellationToken cancellation)
    {
        Check(options);
        string name = options.Name ?? RandomNumberGenerator.GetHexString(12, lowercase: true);
        var record = new NamespaceRecord { Types = [.. options.Types.Select(static type => type.FileName())], CreatedAt = DateTimeOffset.UtcNow };
        try
        {
            using NamespacePins.Claim claim = pins.Make(name, record, cancellation);
            Fill(claim, record, name, options, cancellation);
            claim.Keep();
        }
        catch (KernelException failure)
        {
            throw new EngineException(
                failure.Errno is Errno.EPERM or Errno.EACCES ? EngineErrorReason.PermissionDenied : EngineErrorReason.Storage,
                name, $"The namespaces '{name}' cannot be made: {failure.Message}.", failure);
        }

        return name;
    }

    /// <summary>Makes a user namespace that lasts as long as somebody has it open, or is in it.</summary>
    /// <param name="name">What it is for.</param>
    /// <param name="users">User ids.</param>
    /// <param name="groups">Group ids.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The namespace.</returns>
    /// <exception cref="EngineException">LaunchFailed, InvalidArgument (the kernel does not take the ids).</exception>
    public static FileDescriptor MakeUsers(string name, IReadOnlyList<IdRange> users, IReadOnlyList<IdRange> groups, CancellationToken cancellation)
    {
        var options = new NamespaceOptions { Types = [NamespaceType.User], UserMap = users, GroupMap = groups };
        using var link = new MonitorLink(attach: false, withInput: false, hasTerminal: false);
        HelperRun.Start(NamespacePlan.Compile(options, name, "/", link.TheirEnds().Session, [], null), link, whenCanceled: static () => { }, cancellation);
        try
        {
            using FileDescriptor process = OpenProcess(link.Process, name);
            WriteMaps(process, options);
            return Files.Open(process.Number, $"ns/{NamespaceType.User.FileName()}", LibC.O_RDONLY);
        }
        catch (KernelException failure)
        {
            throw new EngineException(EngineErrorReason.InvalidArgument, name, $"The kernel does not take the user and group ids for '{name}': {failure.Message}.", failure);
        }
        finally
        {
            link.Dismiss();
        }
    }

    private static FileDescriptor OpenProcess(ProcessIdentity holder, string name)
    {
        FileDescriptor process = Files.Open(Files.CurrentFolder, $"/proc/{holder.Pid}", LibC.O_PATH | LibC.O_DIRECTORY);
        if (holder.IsAlive)
        {
            return process;
        }

        process.Dispose();
        throw new EngineException(EngineErrorReason.LaunchFailed, name, $"The process that holds the namespaces '{name}' was killed before they were pinned.");
    }

    private static void Check(NamespaceOptions options)
    {
        if (options.Name is { } name && !ContainerNameFolder.IsName(name))
        {
            throw Invalid(name, $"'{name}' cannot be the name of namespaces: letters, digits, '_', '.' and '-', a letter or digit first, at most 128.");
        }

        if (options.Types.Count == 0 || options.Types.Distinct().Count() != options.Types.Count)
        {
            throw Invalid("types", "Say once for each namespace of which kind it is to be.");
        }

        if (options.UserMap.Count + options.GroupMap.Count > 0 && !options.Types.Contains(NamespaceType.User))
        {
            throw Invalid("map", "Ids are mapped by a user namespace: add User to the kinds.");
        }

        if ((options.MonotonicOffset != TimeSpan.Zero || options.BootTimeOffset != TimeSpan.Zero) && !options.Types.Contains(NamespaceType.Time))
        {
            throw Invalid("offset", "Clocks are set by a time namespace: add Time to the kinds.");
        }

        if (options.HostName is { } host && (!options.Types.Contains(NamespaceType.Uts) || host.Length is 0 or > LongestHostName || host.Contains('\0', StringComparison.Ordinal)))
        {
            throw Invalid("host name", $"A host name has 1 to {LongestHostName} characters, and needs a UTS namespace: add Uts to the kinds.");
        }

        CheckMap("user", options.UserMap);
        CheckMap("group", options.GroupMap);
    }

    /// <summary>Refuses ranges that the kernel could not take.</summary>
    /// <param name="what">Whose ids: <c>user</c> or <c>group</c>.</param>
    /// <param name="map">The ranges.</param>
    /// <exception cref="EngineException">InvalidArgument.</exception>
    internal static void CheckMap(string what, IReadOnlyList<IdRange> map)
    {
        if (map.Count > MostRanges)
        {
            throw Invalid("map", $"A map of {what} ids has at most {MostRanges} ranges.");
        }

        foreach (IdRange range in map)
        {
            if (range.Count == 0 || (ulong)range.Inside + range.Count > uint.MaxValue || (ulong)range.Outside + range.Count > uint.MaxValue)
            {
                throw Invalid("map", $"The range '{range}' of {what} ids is empty or goes beyond 4294967294.");
            }
        }
    }

    private static EngineException Invalid(string subject, string message) => new(EngineErrorReason.InvalidArgument, subject, message);

    private void Fill(NamespacePins.Claim claim, NamespaceRecord record, string name, NamespaceOptions options, CancellationToken cancellation)
    {
        bool stays = options.Types.Contains(NamespaceType.Pid);
        using var link = new MonitorLink(attach: false, withInput: false, hasTerminal: false);
        LaunchPlan plan = NamespacePlan.Compile(
            options, name, pins.Folder, link.TheirEnds().Session,
            stays ? [.. services.Cgroups.MonitorJoinDescriptors.Select(static file => file.Number)] : [],
            stays ? services.Cgroups.MonitorIntoDescriptor?.Number : null);

        // Where this session ends or fails from here on, the process goes with the link.
        HelperRun.StartHere(plan, link, cancellation);
        ProcessIdentity holder = link.Process;
        if (stays)
        {
            claim.Write(record with { Holder = new NamespaceHolder(holder.Pid, holder.StartTime, holder.BootId) });
        }

        using FileDescriptor process = OpenProcess(holder, name);
        if (options.Types.Contains(NamespaceType.User))
        {
            WriteMaps(process, options);
        }

        foreach (NamespaceType type in options.Types)
        {
            // The process itself is not in its time namespace.
            using FileDescriptor file = Files.Open(process.Number, type == NamespaceType.Time ? "ns/time_for_children" : $"ns/{type.FileName()}", LibC.O_RDONLY);
            claim.Pin(type, file);
        }

        if (stays)
        {
            link.Acknowledge();
        }
        else
        {
            link.Dismiss();
        }

        link.AwaitSilence(cancellation);
    }

    private static void WriteMaps(FileDescriptor process, NamespaceOptions options)
    {
        IReadOnlyList<IdRange> groups = options.GroupMap.Count > 0 || options.UserMap.Count == 0 ? options.GroupMap : options.UserMap;
        Files.WriteText(process.Number, "uid_map", Lines(options.UserMap, "uid"));
        Files.WriteText(process.Number, "gid_map", Lines(groups, "gid"));

        static string Lines(IReadOnlyList<IdRange> map, string own) =>
            map.Count > 0 ? string.Concat(map.Select(static range => $"{range}\n")) : $"{new IdRange(0, OwnId(own), 1)}\n";
    }

    private static uint OwnId(string kind) => kind == "uid" ? LibC.geteuid() : LibC.getegid();
}
