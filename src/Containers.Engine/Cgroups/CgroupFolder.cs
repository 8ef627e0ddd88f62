using System.Text;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Cgroups;

/// <summary>One cgroup in one hierarchy: its files, reached relative to a descriptor that stays open.</summary>
/// <param name="Anchor">The descriptor of the cgroup's folder, or of the one above it.</param>
/// <param name="Prefix">What leads from there to the cgroup: empty, or <c>ID/</c>. Saves opening every container's folder.</param>
/// <param name="Path">The absolute path, for messages.</param>
internal readonly record struct CgroupFolder(FileDescriptor Anchor, string Prefix, string Path)
{
    /// <summary>Opens one of the cgroup's files.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="flags">O_* flags.</param>
    /// <returns>The descriptor, or null where the kernel has no such file.</returns>
    /// <exception cref="EngineException">It cannot be opened.</exception>
    public FileDescriptor? TryOpen(string file, int flags) =>
        Files.TryOpen(Anchor.Number, Prefix + file, flags, 0, out Errno errno)
        ?? (errno == Errno.ENOENT ? null : throw Refused($"opening the cgroup file '{Path}/{file}'", errno));

    /// <summary>As <see cref="TryOpen"/>, for a file that must be there.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="flags">O_* flags.</param>
    /// <returns>The descriptor.</returns>
    /// <exception cref="EngineException">It cannot be opened.</exception>
    public FileDescriptor Open(string file, int flags) =>
        TryOpen(file, flags) ?? throw Refused($"opening the cgroup file '{Path}/{file}'", Errno.ENOENT);

    /// <summary>Reads a file.</summary>
    /// <param name="file">Its name.</param>
    /// <returns>Its text, or null where the cgroup or the file is not there.</returns>
    public string? Read(string file) => Files.ReadText(Anchor.Number, Prefix + file);

    /// <summary>Writes a value.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="value">The value.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public Errno TryWrite(string file, string value)
    {
        using FileDescriptor? descriptor = Files.TryOpen(Anchor.Number, Prefix + file, LibC.O_WRONLY, 0, out Errno errno);
        return descriptor is null ? errno : Files.TryWriteOnce(descriptor, Encoding.UTF8.GetBytes(value));
    }

    /// <summary>Writes a value that must be accepted.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="value">The value.</param>
    /// <param name="what">What is being done, as a gerund, for the message.</param>
    /// <exception cref="EngineException">The kernel refused it.</exception>
    public void Write(string file, string value, string what)
    {
        Errno errno = TryWrite(file, value);
        if (errno != Errno.None)
        {
            throw Refused($"{what} ('{value}' to '{Path}/{file}')", errno);
        }
    }

    /// <summary>Writes a limit and reads it back, through one descriptor.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="value">The value.</param>
    /// <param name="what">What the limit is, for the message: <c>the memory limit</c>.</param>
    /// <param name="isKept">Whether what the file says now, without the newline, stands for the value.</param>
    /// <param name="errno">The error number of a refused write, or <see cref="Errno.None"/>; ENOENT where there is no such file.</param>
    /// <exception cref="EngineException">The kernel took the value but keeps another.</exception>
    public void TrySet(string file, string value, string what, Func<string, bool> isKept, out Errno errno)
    {
        using FileDescriptor? descriptor = Files.TryOpen(Anchor.Number, Prefix + file, LibC.O_RDWR, 0, out errno);
        if (descriptor is null)
        {
            return;
        }

        errno = Files.TryWriteOnce(descriptor, Encoding.ASCII.GetBytes(value));
        if (errno != Errno.None)
        {
            return;
        }

        Span<byte> buffer = stackalloc byte[128];
        int length = Files.ReadAt(descriptor, buffer, 0, $"{Path}/{file}");
        string kept = Encoding.ASCII.GetString(buffer[..length]).TrimEnd();
        if (!isKept(kept))
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, Path, $"Setting {what}: the kernel took '{value}' for '{Path}/{file}' but keeps '{kept}' there.");
        }
    }

    /// <summary>As <see cref="TrySet"/>, for a limit that must be accepted.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="value">The value.</param>
    /// <param name="what">What the limit is, for the message.</param>
    /// <param name="isKept">Whether what the file says now stands for the value; null: it must be the same text.</param>
    /// <exception cref="EngineException">The kernel refused it or keeps another value.</exception>
    public void Set(string file, string value, string what, Func<string, bool>? isKept = null)
    {
        TrySet(file, value, what, isKept ?? (kept => kept == value), out Errno errno);
        if (errno != Errno.None)
        {
            throw Refused($"setting {what} ('{value}' to '{Path}/{file}')", errno);
        }
    }

    /// <summary>The exception for something the kernel refused in this cgroup.</summary>
    /// <param name="what">What was attempted, as a gerund and its object.</param>
    /// <param name="errno">The kernel's error number.</param>
    /// <returns>The exception.</returns>
    public EngineException Refused(string what, Errno errno)
    {
        (EngineErrorReason reason, string advice) = errno switch
        {
            Errno.EPERM or Errno.EACCES => (EngineErrorReason.PermissionDenied, "cgroups are changed by root, or by the owner of a delegated subtree."),
            Errno.EROFS => (EngineErrorReason.PermissionDenied, "the hierarchy is mounted read-only here, as inside a container."),
            Errno.EBUSY => (EngineErrorReason.Busy, "more than that is in use by the cgroup's processes now."),
            Errno.EINVAL or Errno.ERANGE => (EngineErrorReason.InvalidArgument, "a cgroup further up allows less, or the kernel does not know the value."),
            Errno.ENOENT or Errno.ENODEV => (EngineErrorReason.NotSupported, "this kernel lacks the file, or the cgroup was removed meanwhile."),
            Errno.ENOSPC => (EngineErrorReason.LimitExceeded, "the machine's number of cgroups is used up; remove containers that have ended."),
            _ => (EngineErrorReason.Internal, "the kernel gave no reason that is foreseen."),
        };
        string sentence = char.ToUpperInvariant(what[0]) + what[1..];
        return new EngineException(reason, Path, $"{sentence} failed with {KernelException.Describe(errno)}: {advice}", errno);
    }
}
