using System.Text;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Storage;

/// <summary>The containers' names, <c>STATE/names</c>: symbolic links that say the ids. Whoever makes one has the name.</summary>
/// <param name="folder">The folder.</param>
/// <param name="exists">Whether anything of a container is there.</param>
internal sealed class ContainerNameFolder(FileDescriptor folder, Func<string, bool> exists)
{
    /// <summary>Gives a container its name.</summary>
    /// <exception cref="EngineException">AlreadyExists.</exception>
    public void Claim(string name, string id)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                Files.MakeSymlink(id, folder.Number, name);
                return;
            }
            catch (KernelException e) when (e.Errno == Errno.EEXIST)
            {
                string? holder = HolderOf(name);
                if (attempt > 2 || (holder is not null && exists(holder)))
                {
                    throw new EngineException(
                        EngineErrorReason.AlreadyExists, name,
                        $"The name '{name}' is taken by the container {Short(holder)}. Remove that one (Remove-Container {name}) or choose another name.");
                }

                DropStale(name);
            }
        }
    }

    /// <summary>Gives a container's name up.</summary>
    public void GiveUp(string name, string id)
    {
        if (HolderOf(name) == id)
        {
            _ = Files.Remove(folder.Number, name);
        }
    }

    /// <summary>Gives up every name of a container but one.</summary>
    public void KeepOnly(string id, string name)
    {
        foreach ((string Name, string Id) other in List().Where(own => own.Id == id && own.Name != name))
        {
            GiveUp(other.Name, id);
        }
    }

    /// <summary>All names, with the ids that they say; those of containers that are gone too.</summary>
    public IReadOnlyList<(string Name, string Id)> List()
    {
        using FileDescriptor own = Files.Open(folder.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
        var listing = new FolderListing(own, "names");
        var found = new List<(string, string)>();
        while (listing.Next(out ReadOnlySpan<byte> entry, out _))
        {
            string name = Encoding.UTF8.GetString(entry);
            if (HolderOf(name) is { } id)
            {
                found.Add((name, id));
            }
        }

        return found;
    }

    /// <summary>Gives up a name whose container is gone.</summary>
    /// <returns>False where it is not (any more) such a name.</returns>
    public bool DropStale(string name)
    {
        using FileDescriptor own = Files.Open(folder.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
        _ = Files.Lock(own, wait: true, "names");
        return HolderOf(name) is { } holder && !exists(holder) && Files.Remove(folder.Number, name);
    }

    /// <summary>The id of the container of that name, or null.</summary>
    public string? Find(string name) => IsName(name) && HolderOf(name) is { } id && exists(id) ? id : null;

    public static bool IsName(string text) =>
        text.Length is > 0 and <= 128 && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static string Short(string? id) => id is { Length: >= 12 } ? id[..12] : "of another session";

    private string? HolderOf(string name) => Files.ReadLink(folder.Number, name);
}
