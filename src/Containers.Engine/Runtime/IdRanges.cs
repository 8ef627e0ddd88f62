using System.Globalization;
using Containers.Engine.Namespaces;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <summary>
/// Finds ids of this machine that no other container has: blocks of 65,536 of the range that <c>containers</c> has in /etc/subuid and /etc/subgid (subuid(5)), or of one
/// above all ranges that useradd(8) gives out. Which are taken the containers' documents say.
/// </summary>
/// <param name="services">The engine's.</param>
internal sealed class IdRanges(EngineServices services)
{
    private const string Owner = "containers";

    /// <summary>Above SUB_UID_MAX of login.defs(5), and in what systemd leaves to containers.</summary>
    private static readonly IdRange Default = new(0, 1_000_000_000, 800_000_000);

    /// <summary>Keeps others from looking for ids until the container's document is written.</summary>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The lock.</returns>
    public FileDescriptor Lock(CancellationToken cancellation) => StoreFolder.Lock(Path.Combine(services.Roots.RuntimeRoot, "ids.lock"), cancellation);

    /// <summary>Finds a free block; under the lock.</summary>
    /// <returns>The mapping.</returns>
    /// <exception cref="EngineException">LimitExceeded: all are taken.</exception>
    public UserMapping Find()
    {
        List<UserMapping> taken = [.. services.Store.Ids().Select(id => services.Store.Records.Read(id).Document?.Options.UserNamespace).OfType<UserMapping>()];
        return new UserMapping
        {
            Users = [Free("/etc/subuid", taken.SelectMany(static one => one.Users))],
            Groups = [Free("/etc/subgid", taken.SelectMany(static one => one.GroupsOrUsers))],
        };
    }

    private static IdRange Free(string file, IEnumerable<IdRange> taken)
    {
        IdRange[] used = [.. taken.OrderBy(static range => range.Outside)];
        IdRange[] given = [.. RangesOf(file)];
        foreach (IdRange range in given.Length > 0 ? given : [Default])
        {
            ulong start = range.Outside;
            foreach (IdRange other in used.Where(other => (ulong)other.Outside + other.Count > start))
            {
                if (other.Outside >= start + UserMapping.Size)
                {
                    break;
                }

                start = (ulong)other.Outside + other.Count;
            }

            if (start + UserMapping.Size <= (ulong)range.Outside + range.Count)
            {
                return new IdRange(0, (uint)start, UserMapping.Size);
            }
        }

        throw new EngineException(
            EngineErrorReason.LimitExceeded, file,
            $"No {UserMapping.Size} ids are free for the container in the range of '{Owner}' in {file}. Make that longer, as {Owner}:1000000000:800000000, or give a map.");
    }

    private static IEnumerable<IdRange> RangesOf(string file)
    {
        foreach (string line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            if (line.Split(':') is [Owner, var first, var count]
                && uint.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out uint start) && uint.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out uint length))
            {
                yield return new IdRange(0, start, length);
            }
        }
    }
}
