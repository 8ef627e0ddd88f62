using Containers.Interop;

namespace Containers.Engine;

/// <summary>Why the engine could not do what it was asked.</summary>
public enum EngineErrorReason
{
    /// <summary>A fault in the engine itself or an unforeseen answer of the kernel.</summary>
    Internal,

    /// <summary>What was asked for does not parse or contradicts itself.</summary>
    InvalidArgument,

    /// <summary>There is no object of that name or id.</summary>
    NotFound,

    /// <summary>A prefix that several objects share.</summary>
    Ambiguous,

    /// <summary>An object of that name is there already.</summary>
    AlreadyExists,

    /// <summary>The object is in use, or in a state that does not allow it.</summary>
    Busy,

    /// <summary>The container is not running, and only of a running one it can be done.</summary>
    NotRunning,

    /// <summary>The kernel or the configuration does not allow it.</summary>
    PermissionDenied,

    /// <summary>A bound (size, count, ratio, disk, memory) was reached.</summary>
    LimitExceeded,

    /// <summary>It did not happen in the time given.</summary>
    Timeout,

    /// <summary>The caller cancelled it.</summary>
    Canceled,

    /// <summary>The data is damaged, malicious or not of the format it claims to be.</summary>
    InvalidData,

    /// <summary>The kernel or this version of the engine lacks it.</summary>
    NotSupported,

    /// <summary>The container's command is not there (exit code 127).</summary>
    CommandNotFound,

    /// <summary>The container's command is there but cannot be executed (exit code 126).</summary>
    CommandNotExecutable,

    /// <summary>A step of a container's start failed (exit code 125).</summary>
    LaunchFailed,

    /// <summary>The configuration file is wrong.</summary>
    InvalidConfiguration,

    /// <summary>Reading or writing the engine's own files failed.</summary>
    Storage,

    /// <summary>A registry wants credentials, or does not accept those there are.</summary>
    AuthenticationFailed,

    /// <summary>A registry cannot be reached, is not trusted, or breaks off.</summary>
    ConnectionFailed,
}

/// <summary>The one exception family of the engine. The message says what was attempted, on what, and what to do.</summary>
public sealed class EngineException : Exception
{
    /// <summary>Makes an exception.</summary>
    /// <param name="reason">What kind of failure it is.</param>
    /// <param name="subject">The object it concerns: a container's name, an image, a path.</param>
    /// <param name="message">A sentence for the user.</param>
    /// <param name="inner">What it follows from.</param>
    public EngineException(EngineErrorReason reason, string subject, string message, Exception? inner = null)
        : base(message, inner)
    {
        Reason = reason;
        Subject = subject;
        Errno = (inner as KernelException)?.Errno ?? (inner as EngineException)?.Errno ?? Interop.Errno.None;
    }

    /// <summary>Makes an exception for a failed system call of the container's start.</summary>
    /// <param name="reason">What kind of failure it is.</param>
    /// <param name="subject">The object it concerns.</param>
    /// <param name="message">A sentence for the user.</param>
    /// <param name="errno">The kernel's error number.</param>
    public EngineException(EngineErrorReason reason, string subject, string message, Errno errno)
        : this(reason, subject, message) => Errno = errno;

    /// <summary>What kind of failure it is.</summary>
    public EngineErrorReason Reason { get; }

    /// <summary>The object it concerns.</summary>
    public string Subject { get; }

    /// <summary>The kernel's error number, or <see cref="Errno.None"/>.</summary>
    public Errno Errno { get; }
}
