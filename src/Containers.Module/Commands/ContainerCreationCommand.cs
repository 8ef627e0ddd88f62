using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine;
using Containers.Engine.Configuration;
using Containers.Engine.Images;
using Containers.Engine.Runtime;
using Containers.Errors;
using Containers.Foreground;

namespace Containers.Commands;

/// <summary>The parameters of the cmdlets that make a container.</summary>
public abstract partial class ContainerCreationCommand : ContainerCommand
{
    private protected const string ImageSet = "Image";
    private protected const string FolderSet = "RootFileSystem";

    /// <summary>
    /// The image: a name with an optional tag, an id, the beginning of an id, or an object of Get-ContainerImage. The built-in
    /// image host is a copy-on-write view of this machine's own files; it is no sandbox for untrusted code.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ImageSet)]
    [ImageArgument]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    [ValidateNotNullOrEmpty]
    public virtual string Image { get; set; } = "";

    /// <summary>
    /// A folder of this machine that is the root file system, used in place: what the container writes stays in it.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = FolderSet)]
    [ValidateNotNullOrEmpty]
    public string RootFileSystem { get; set; } = "";

    /// <summary>
    /// The program and its arguments, written after --, so that PowerShell does not take the program's options for its own.
    /// Numbers keep their spelling; $null is left out; text with a comma, a brace or the form -x:y must be quoted. Without a
    /// command the image's own is run.
    /// </summary>
    [Parameter(Position = 1, ValueFromRemainingArguments = true)]
    [CommandArgument]
    [AllowNull]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? Command { get; set; }

    /// <summary>
    /// The program before the command, with its first arguments, in place of the image's entry point; the image's own arguments are then left out too.
    /// '' takes the image's entry point away.
    /// </summary>
    [Parameter]
    [EntrypointArgument]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? Entrypoint { get; set; }

    /// <summary>The container's name: 1 to 128 letters, digits, and the characters _ . -, the first a letter or digit. A name is generated where none is given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>
    /// Variables for the container, over the image's: 'KEY=VALUE' texts, a hashtable, or both. A name alone takes the value
    /// that the variable has in this session.
    /// </summary>
    [Parameter]
    [Alias("e")]
    [EnvironmentArgument]
    public IDictionary<string, string>? Env { get; set; }

    /// <summary>
    /// Files of variables for the container, a KEY=VALUE on each line, taken as it stands; lines that begin with # are comments, and a KEY alone takes the
    /// session's value. Later files win, and -Env wins over all.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] EnvFile { get; set; } = [];

    /// <summary>The user inside, and a group after a colon, as names of the image's own passwd and group files or as numbers: 'www-data', '1000:1000'.</summary>
    [Parameter]
    [Alias("u")]
    [UserArgument]
    public string? User { get; set; }

    /// <summary>The first process's current folder inside; it is made where it is missing.</summary>
    [Parameter]
    [Alias("w")]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>The name that the container has for itself, at most 64 characters. Without it, the first 12 digits of the id.</summary>
    [Parameter]
    [Alias("h")]
    [ValidateLength(1, 64)]
    public string? HostName { get; set; }

    /// <summary>Labels for your own use, over the image's: 'KEY=VALUE' texts, a hashtable, or both.</summary>
    [Parameter]
    [Alias("l")]
    [LabelArgument]
    public IDictionary<string, string>? Label { get; set; }

    /// <summary>
    /// Files and folders of this machine shown inside: '/path/here:/path/inside', with ':ro' after it for read-only. More options in quotes:
    /// '/here:/inside:ro,rslave,noexec'; they are ro, rw, bind (without the mounts below) and rbind, [r]private, [r]shared, [r]slave, [no]exec, [no]suid and
    /// [no]dev. A path with a colon is written as a hashtable with Source, Target and ReadOnly. Relative paths start at the current location.
    /// </summary>
    [Parameter]
    [Alias("v")]
    [VolumeArgument]
    public ContainerMount[] Volume { get; set; } = [];

    /// <summary>Empty in-memory folders inside: '/path', with options in quotes: '/path:size=64m,mode=1777,uid=1000,gid=1000,exec,ro'. Programs cannot be run from them without exec.</summary>
    [Parameter]
    [TmpfsArgument]
    public ContainerTmpfs[] Tmpfs { get; set; } = [];

    /// <summary>Mounts the root file system read-only; volumes and in-memory folders stay writable.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>The memory that the container may use, at least 6 MiB: 512MB or '512m'. What goes beyond it is killed, and the state tells OutOfMemory.</summary>
    [Parameter]
    [Alias("m")]
    [ByteSizeArgument]
    public ByteSize? Memory { get; set; }

    /// <summary>The processor time that the container may use, as a number of processors: 0.5 is half of one.</summary>
    [Parameter]
    [CpusArgument]
    public decimal? Cpus { get; set; }

    /// <summary>The number of processes and threads that the container may have.</summary>
    [Parameter]
    [ValidateRange(1L, long.MaxValue)]
    public long? PidsLimit { get; set; }

    /// <summary>
    /// The container's users: Host, this machine's; Auto, a range of ids of its own, so that root inside is nobody outside; Keep, the same ids, with rights in the container alone;
    /// or ranges as INSIDE:OUTSIDE:COUNT. Files of images and volumes are shown with the ids inside, and stay as they are on the disk.
    /// </summary>
    [Parameter]
    [Alias("Userns")]
    [UserNamespaceArgument]
    [ArgumentCompleter(typeof(UserNamespaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] UserNamespace { get; set; } = ["HOST"];

    /// <summary>
    /// What the container sees of the network: None, with only loopback; Host, this machine's own; container:NAME, that of a running container; ns:PATH or an object of
    /// New-Namespace, a network namespace that is there.
    /// </summary>
    [Parameter]
    [NetworkArgument]
    [ArgumentCompleter(typeof(NetworkCompleter))]
    public string Network { get; set; } = "None";

    /// <summary>Capabilities that the container has over the default set, as NET_ADMIN or CAP_NET_ADMIN; ALL for every one.</summary>
    [Parameter]
    [CapabilityArgument]
    [ArgumentCompleter(typeof(CapabilityCompleter))]
    public string[] CapAdd { get; set; } = [];

    /// <summary>Capabilities that are taken from the default set; ALL for every one.</summary>
    [Parameter]
    [CapabilityArgument]
    [ArgumentCompleter(typeof(CapabilityCompleter))]
    public string[] CapDrop { get; set; } = [];

    /// <summary>
    /// Changes protections: no-new-privileges=false lets setuid programs and file capabilities work (sudo needs it);
    /// seccomp=unconfined lifts the filter of system calls, seccomp=FILE takes a profile in Docker's format;
    /// systempaths=unconfined opens the hidden and read-only parts of /proc and /sys.
    /// </summary>
    [Parameter]
    [SecurityOptionArgument]
    [ArgumentCompleter(typeof(SecurityOptionCompleter))]
    public ContainerSecurityOption[] SecurityOpt { get; set; } = [];

    /// <summary>
    /// Every capability and device, no filter of system calls, nothing of /proc and /sys hidden. Code in a privileged container
    /// can take over this machine.
    /// </summary>
    [Parameter]
    public SwitchParameter Privileged { get; set; }

    /// <summary>Gives the command a terminal of the container's own as its input and output, as programs want it that draw on the screen or ask for a password.</summary>
    [Parameter]
    [Alias("t")]
    public SwitchParameter Tty { get; set; }

    /// <summary>
    /// Attaches the terminal's standard input, where nothing comes from the pipeline. With -Tty this session's terminal becomes the command's: programs can draw on the
    /// whole screen, and Ctrl-C goes to the program. Of a container that runs on its own, standard input stays open for Connect-Container, instead of being empty.
    /// </summary>
    [Parameter]
    [Alias("i")]
    public SwitchParameter Interactive { get; set; }

    /// <summary>Makes a small init the container's first process: it reaps orphaned processes and passes signals on to the command.</summary>
    [Parameter]
    public SwitchParameter Init { get; set; }

    /// <summary>Removes the container once it has ended.</summary>
    [Parameter]
    public SwitchParameter Rm { get; set; }

    /// <summary>
    /// When the container is started again after its end, also with no session there: no; on-failure, or on-failure:3 for three times at most; always;
    /// unless-stopped. The first time 0.1 seconds after the end, then after twice as long each time, up to a minute. Not with -Rm. After the machine's start it
    /// takes Install-ContainerStartup.
    /// </summary>
    [Parameter]
    [RestartArgument]
    [ArgumentCompleter(typeof(RestartCompleter))]
    public ContainerRestartPolicy? Restart { get; set; }

    /// <summary>The signal that asks the container to end, by name or number. Without it the image's, else TERM.</summary>
    [Parameter]
    [SignalArgument]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public Signal? StopSignal { get; set; }

    /// <summary>
    /// When the image is received from its registry: Missing, where this machine does not have it; Always; Never. Without it what the configuration says
    /// (images.pull), which is Missing unless changed.
    /// </summary>
    [Parameter(ParameterSetName = ImageSet)]
    public ContainerPullPolicy? Pull { get; set; }

    /// <summary>The platform that the image must be for, as linux/arm64 or linux/arm/v7; an image of another one is received anew. Without it, any that is here, else this machine's.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    [PlatformArgument]
    [ArgumentCompleter(typeof(PlatformCompleter))]
    public string? Platform { get; set; }

    /// <summary>What -WhatIf and -Confirm call the container that is to be made.</summary>
    private protected string NewContainerDescription =>
        (Name is null ? "a container" : $"the container '{Name}'") + $" of {(ParameterSetName == FolderSet ? "the folder" : "the image")} '{(ParameterSetName == FolderSet ? RootFileSystem : Image)}'";

    /// <summary>Refuses options that stand in the image's or the command's place.</summary>
    private protected void RefuseMisplacedOptions() => MisplacedOption.Refuse(this, "image", ParameterSetName == ImageSet ? Image : null, Command);

    /// <summary>What the parameters ask of the engine.</summary>
    /// <returns>The options.</returns>
    private protected ContainerOptions Options() => new()
    {
        Image = ParameterSetName == FolderSet ? null : Image,
        RootFileSystem = ParameterSetName == FolderSet ? SessionState.Path.GetUnresolvedProviderPathFromPSPath(RootFileSystem) : null,
        Name = Name,
        Command = Command ?? [],
        Entrypoint = Entrypoint,
        Environment = CommandVariables.Collect(this, Env, EnvFile),
        User = User,
        WorkingDirectory = WorkingDirectory,
        HostName = HostName,
        Labels = AsReadOnly(Label),
        DomainName = DomainName,
        Volumes = [.. Volume.Concat(Mount.OfType<ContainerMount>()).Select(MountMapping.ToBindMount)],
        Tmpfs = [.. Tmpfs.Concat(Mount.OfType<ContainerTmpfs>()).Select(MountMapping.ToTmpfsMount)],
        ShmSize = ShmSize?.Bytes,
        Devices = [.. Device.Select(static device => new DeviceMapping(device.Source, device.Target, device.Access))],
        DeviceCgroupRules = DeviceCgroupRule,
        ExtraHosts = [.. AddHost.Select(static host => new HostEntry(host.Name, host.Address))],
        Sysctls = AsReadOnly(Sysctl),
        Ulimits = [.. Ulimit.Select(static limit => new ProcessLimit(limit.Name, limit.Soft, limit.Hard))],
        OomScoreAdj = OomScoreAdj,
        StopTimeout = StopTimeout,
        Health = Health(),
        IdFile = CidFile is null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(CidFile),
        ReadOnly = ReadOnly,
        Network = Network == "Host" ? Engine.Runtime.NetworkMode.Host : Engine.Runtime.NetworkMode.None,
        UserNamespace = EngineMapping.ToUserMapping(UserNamespace),
        NetworkNamespace = EngineMapping.ToNetworkOwner(Network),
        PidNamespace = EngineMapping.ToNamespaceOwner(PidNamespace),
        IpcNamespace = EngineMapping.ToNamespaceOwner(IpcNamespace),
        UtsNamespace = EngineMapping.ToNamespaceOwner(UtsNamespace),
        GroupAdd = GroupAdd,
        CapAdd = CapAdd,
        CapDrop = CapDrop,
        Privileged = Privileged,
        Init = Init,
        Tty = Tty,
        Interactive = Interactive,
        TerminalSize = Tty ? SessionConsole.Size : null,
        NoNewPrivileges = LastSecurityOption("no-new-privileges") is { } forbids ? forbids != "false" : null,
        SeccompProfile = LastSecurityOption("seccomp") is { } profile ? SeccompProfile(profile) : null,
        SystemPathsUnconfined = LastSecurityOption("systempaths") is "unconfined",
        Limits = new ResourceLimits { Memory = Memory?.Bytes, Cpus = Cpus, PidsLimit = PidsLimit },
        RemoveOnExit = Rm,
        RestartPolicy = Restart?.ToRestartPolicy() ?? RestartPolicy.No,
        StopSignal = StopSignal?.Number,
    };

    /// <summary>Receives the image where -Pull, the configuration and what is there ask for it.</summary>
    /// <param name="engine">The engine.</param>
    /// <exception cref="EngineException">The image is not to be had.</exception>
    private protected void ProvideImage(ContainerEngine engine)
    {
        if (ParameterSetName == FolderSet)
        {
            return;
        }

        try
        {
            var platform = Platform is null ? null : ImagePlatform.Parse(Platform);
            if (engine.NeedsToReceive(Image, (ImagePullPolicy?)Pull, platform))
            {
                _ = ImageTransfer.Receive(this, engine, Image, platform, StopToken);
            }
        }
        catch (EngineException e) when (e.Reason != EngineErrorReason.Canceled)
        {
            // What failed is the image, by whatever name a registry's answer calls its parts.
            throw new EngineException(e.Reason, Image, e.Message, e);
        }
    }

    /// <summary>The error record of a container that could not be made or started.</summary>
    /// <param name="failure">The failure.</param>
    /// <returns>The record.</returns>
    private protected ErrorRecord CreationError(EngineException failure) =>
        ParameterSetName == FolderSet
            ? EngineErrors.CreationRecord(failure, image: null, Name ?? RootFileSystem)
            : EngineErrors.CreationRecord(failure, Image, Name ?? Image);

    private static Dictionary<string, string> AsReadOnly(IDictionary<string, string>? values) =>
        values is null ? [] : new Dictionary<string, string>(values, StringComparer.Ordinal);

    private string? LastSecurityOption(string name) => Array.FindLast(SecurityOpt, option => option.Name == name)?.Value;

    private string SeccompProfile(string profile)
    {
        // A profile of Docker's has some 15 kB; the limit keeps a device or a mistaken image out of memory.
        const long Largest = 1024 * 1024;
        if (profile is "unconfined")
        {
            return profile;
        }

        try
        {
            var file = new FileInfo(profile);
            if (file.Exists && file.Length > Largest)
            {
                Refuse("SeccompProfileInvalid", $"The seccomp profile '{profile}' is larger than {Largest} bytes.", profile);
            }

            return File.ReadAllText(profile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var failure = new IOException($"The seccomp profile '{profile}' cannot be read: {e.Message} Give a file with a profile in Docker's format, or 'unconfined'.", e);
            ThrowTerminatingError(new ErrorRecord(failure, "SeccompProfileNotReadable", ErrorCategory.ReadError, profile));
            throw;
        }
    }
}
