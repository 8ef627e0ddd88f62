using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Security;

/// <summary>
/// Compiled filters, in memory and in a folder under the runtime root. A file's name is the hash of all its filter depends
/// on, and it holds that hash and one of the filter: a damaged, truncated or exchanged file is a miss, never a filter.
/// </summary>
/// <param name="folder">The folder; made in an existing one, for its owner only, when the first filter is kept.</param>
internal sealed class SeccompCache(string folder)
{
    /// <summary>
    /// The version of the file, of the default profile and of what the compiler makes of any: a change of one needs the next
    /// number, or filters of an older build would be found. A test holds a fingerprint of it all.
    /// </summary>
    internal const int FormatVersion = 1;

    private const int FolderMode = 0x1C0; // rwx------
    private const int FileMode = 0x180; // rw-------
    private const int FilesKept = 64;
    private const int HashSize = SHA256.HashSizeInBytes;
    private const int HeaderSize = 2 * HashSize;
    private const int MaximumSize = HeaderSize + (FilterProgram.MaximumLength * FilterProgram.InstructionSize);

    private readonly ConcurrentDictionary<Key, byte[]> _memory = new();

    /// <summary>A filter from the cache, or a newly compiled one that is then kept.</summary>
    /// <param name="profileText">The profile's JSON text; null for the engine's default.</param>
    /// <param name="caps">The container's capabilities.</param>
    /// <param name="architecture">The machine's.</param>
    /// <param name="kernelRelease">The running kernel's release, as uname -r gives it.</param>
    /// <param name="compile">Makes the filter.</param>
    /// <returns>An array of struct sock_filter. Not to be changed: it is shared.</returns>
    internal byte[] GetOrCompile(
        string? profileText, CapabilitySet caps, MachineArchitecture architecture, string kernelRelease, Func<byte[]> compile)
    {
        var key = new Key(profileText, caps, architecture, kernelRelease);
        if (_memory.TryGetValue(key, out byte[]? filter))
        {
            return filter;
        }

        byte[] hash = key.Hash();
        string name = Convert.ToHexStringLower(hash) + ".bpf";
        filter = Read(name, hash);
        if (filter is null)
        {
            filter = compile();
            Keep(name, hash, filter);
        }

        return _memory.GetOrAdd(key, filter);
    }

    private byte[]? Read(string name, byte[] hash)
    {
        using FileDescriptor? file = Files.TryOpen(
            Files.CurrentFolder, $"{folder}/{name}", LibC.O_RDONLY | LibC.O_NOFOLLOW | LibC.O_NONBLOCK, 0, out _);
        if (file is null)
        {
            return null;
        }

        try
        {
            byte[] content = new byte[MaximumSize + 1];
            int length = 0;
            while (length < content.Length && Files.Read(file, content.AsSpan(length), name) is > 0 and var count)
            {
                length += count;
            }

            if (length is <= HeaderSize or > MaximumSize || (length - HeaderSize) % FilterProgram.InstructionSize != 0)
            {
                return null;
            }

            ReadOnlySpan<byte> filter = content.AsSpan(HeaderSize..length);
            bool isWhole = content.AsSpan(0, HashSize).SequenceEqual(hash)
                && content.AsSpan(HashSize, HashSize).SequenceEqual(SHA256.HashData(filter));
            return isWhole ? filter.ToArray() : null;
        }
        catch (KernelException)
        {
            return null;
        }
    }

    /// <summary>Writes a filter's file. A failure costs the next session a compilation and nothing else.</summary>
    private void Keep(string name, byte[] hash, byte[] filter)
    {
        string temporary = $".{name}.{Environment.ProcessId}.{Guid.NewGuid():N}";
        try
        {
            _ = Files.MakeFolder(Files.CurrentFolder, folder, FolderMode);
            using FileDescriptor parent = Files.Open(Files.CurrentFolder, folder, LibC.O_RDONLY | LibC.O_DIRECTORY);
            try
            {
                using (FileDescriptor file = Files.Open(parent.Number, temporary, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL, FileMode))
                {
                    Files.Write(file, [.. hash, .. SHA256.HashData(filter), .. filter], name);
                }

                Files.Rename(parent.Number, temporary, parent.Number, name);
            }
            catch (KernelException)
            {
                _ = Files.TryRemove(parent.Number, temporary, isFolder: false);
            }

            RemoveOldest(parent);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>Kernel updates and edited profiles leave files that nobody asks for again.</summary>
    private void RemoveOldest(FileDescriptor parent)
    {
        List<FileInfo> files = [.. new DirectoryInfo(folder).EnumerateFiles()];
        foreach (FileInfo old in files.OrderByDescending(f => f.LastWriteTimeUtc).Skip(FilesKept))
        {
            _ = Files.TryRemove(parent.Number, old.Name, isFolder: false);
        }
    }

    private readonly record struct Key(string? ProfileText, CapabilitySet Caps, MachineArchitecture Architecture, string KernelRelease)
    {
        internal byte[] Hash()
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Span<byte> numbers = stackalloc byte[24];
            BinaryPrimitives.WriteInt32LittleEndian(numbers, FormatVersion);
            BinaryPrimitives.WriteInt32LittleEndian(numbers[4..], (int)Architecture);
            BinaryPrimitives.WriteUInt64LittleEndian(numbers[8..], Caps.Bits);
            BinaryPrimitives.WriteInt32LittleEndian(numbers[16..], KernelRelease.Length);
            BinaryPrimitives.WriteInt32LittleEndian(numbers[20..], ProfileText is null ? 0 : 1);
            hash.AppendData(numbers);
            hash.AppendData(Encoding.Unicode.GetBytes(KernelRelease));
            hash.AppendData(Encoding.Unicode.GetBytes(ProfileText ?? string.Empty));
            return hash.GetHashAndReset();
        }
    }
}
