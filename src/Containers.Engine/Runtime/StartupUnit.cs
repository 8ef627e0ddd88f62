using System.Text;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Runtime;

/// <summary>
/// The unit of systemd (systemd.service(5)) that starts containers with the machine, as their restart policies say, and stops all of them in their own way before its
/// end. It runs the native program <c>containers</c>, for the roots and the configuration that the session has.
/// </summary>
public sealed class StartupUnit
{
    /// <summary>The unit's name.</summary>
    public const string Name = "containers.service";

    /// <summary>Where systemd looks for what the administrator adds.</summary>
    public const string DefaultFolder = "/etc/systemd/system";

    /// <summary>By which a unit of ours is known.</summary>
    private const string FirstLine = "# Written by Install-ContainerStartup.";
    private const int ReadableByAll = 0x1A4;

    private StartupUnit(string text) => Text = text;

    /// <summary>The unit's text.</summary>
    public string Text { get; }

    /// <summary>Writes the unit; who reads it meanwhile sees the old one or the new one.</summary>
    /// <param name="folder">Its folder, which is there.</param>
    /// <param name="force">Whether another file of the name is replaced.</param>
    /// <returns>The file's path.</returns>
    /// <exception cref="EngineException">AlreadyExists (with another text), NotFound (the folder), Storage.</exception>
    public string Install(string folder, bool force)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string path = Path.Combine(folder, Name);
        using FileDescriptor place = Open(folder);
        string? present = Present(place, path);
        if (present is not null && present != Text && !force)
        {
            throw new EngineException(
                EngineErrorReason.AlreadyExists, path, $"The file '{path}' is there already, with another text. Take -Force to replace it.");
        }

        try
        {
            AtomicDocument.Write(
                place.Number, Name, Encoding.UTF8.GetBytes(Text), durable: true, new FileStatus { Mode = ReadableByAll });
        }
        catch (KernelException e)
        {
            throw new EngineException(EngineErrorReason.Storage, path, $"The unit '{path}' cannot be written: {e.Message}.", e);
        }

        return path;
    }

    /// <summary>Removes the unit.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="force">Whether a file of the name is removed that <see cref="Install"/> has not written.</param>
    /// <returns>The file's path.</returns>
    /// <exception cref="EngineException">NotFound, Busy (not one of ours), Storage.</exception>
    public static string Uninstall(string folder, bool force)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string path = Path.Combine(folder, Name);
        using FileDescriptor place = Open(folder);
        string present = Present(place, path) ?? throw new EngineException(EngineErrorReason.NotFound, path, $"There is no unit '{path}', so that none can be removed.");
        if (!force && !present.StartsWith(FirstLine, StringComparison.Ordinal))
        {
            throw new EngineException(EngineErrorReason.Busy, path, $"The file '{path}' was not written by Install-ContainerStartup. Take -Force to remove it.");
        }

        Errno errno = Files.TryRemove(place.Number, Name, isFolder: false);
        return errno is Errno.None or Errno.ENOENT
            ? path
            : throw new EngineException(EngineErrorReason.Storage, path, $"The unit '{path}' cannot be removed: {KernelException.Describe(errno)}.", errno);
    }

    internal static StartupUnit Make(EngineServices services)
    {
        string program = services.HandOver is { } file && Files.ReadLink(Files.CurrentFolder, $"/proc/self/fd/{file.Number}") is { } path
            ? path
            : throw new EngineException(
                EngineErrorReason.NotSupported, Name, "The program 'containers', which the unit runs, is not beside the engine. Build it: dotnet build.");
        if (program.Any(c => char.IsControl(c) || c is '"' or '\'' or '\\'))
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, program,
                $"systemd runs no program with quotes, backslashes or control characters in its path, as '{program}' has. Move the module to a folder without.");
        }

        return new StartupUnit(Write(program, services.Roots, services.Surroundings()));
    }

    /// <summary>The unit's text.</summary>
    /// <param name="program">The native program's path.</param>
    /// <param name="roots">The folders that must be mounted.</param>
    /// <param name="variables">What it is told of the session: <c>NAME=VALUE</c>.</param>
    internal static string Write(string program, StorageRoots roots, IEnumerable<string> variables)
    {
        var text = new StringBuilder(FirstLine).Append('\n').Append(
            """
            [Unit]
            Description=Containers with a restart policy
            Documentation=man:systemd.service(5)
            Wants=network-online.target
            After=network-online.target local-fs.target

            """);
        text.Append("RequiresMountsFor=").AppendJoin(' ', Quote(roots.StateRoot), Quote(roots.RuntimeRoot), Quote(program)).Append('\n').Append(
            """

            [Service]
            Type=oneshot
            RemainAfterExit=yes

            """);
        foreach (string variable in variables)
        {
            text.Append("Environment=").Append(Quote(variable)).Append('\n');
        }

        // One that cannot be started is told in the journal, and must not keep the others from being stopped in their own way. How long that may take, each says itself.
        // A container outlives the unit's end where that does not stop it, as its monitor outlives the session.
        return text.Append("ExecStart=-").Append(Quote(program)).Append(" start\nExecStop=").Append(Quote(program)).Append(
            """
             stop
            TimeoutStopSec=infinity
            KillMode=process

            [Install]
            WantedBy=multi-user.target

            """).ToString();
    }

    /// <summary>One word as systemd.syntax(7) reads it: in double quotes with C's escapes, and % doubled, which begins a specifier of systemd.unit(5).</summary>
    private static string Quote(string word)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in word)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                '%' => quoted.Append("%%"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                < ' ' or '\x7f' => quoted.Append("\\x").Append(((int)c).ToString("x2", System.Globalization.CultureInfo.InvariantCulture)),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    private static FileDescriptor Open(string folder)
    {
        FileDescriptor? place = Files.TryOpen(Files.CurrentFolder, folder, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out Errno errno);
        return place ?? throw new EngineException(
            errno == Errno.ENOENT ? EngineErrorReason.NotFound : EngineErrorReason.Storage, folder,
            $"The folder '{folder}' of systemd's units cannot be opened: {KernelException.Describe(errno)}. Name the one of this machine: -Path.", errno);
    }

    private static string? Present(FileDescriptor place, string path)
    {
        try
        {
            return Files.ReadText(place.Number, Name);
        }
        catch (KernelException e)
        {
            throw new EngineException(EngineErrorReason.Storage, path, $"The file '{path}' cannot be read: {e.Message}.", e);
        }
    }
}
