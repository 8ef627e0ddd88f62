using System.Management.Automation;
using Containers.Engine;
using Containers.Interop;

namespace Containers.Errors;

/// <summary>
/// Turns the engine's failures into PowerShell's: an id that scripts can compare, a category, the object it concerns, and what to do.
/// The ids are part of the module's surface: they are the noun with the reason, <c>ContainerNotFound</c>, <c>ContainerImageInUse</c>.
/// </summary>
internal static class EngineErrors
{
    /// <summary>The noun of errors about containers.</summary>
    internal const string Container = "Container";

    /// <summary>The noun of errors about images.</summary>
    internal const string Image = "ContainerImage";

    /// <summary>The noun of errors about the engine itself.</summary>
    internal const string Engine = "ContainerEngine";

    /// <summary>The noun of errors about cgroups.</summary>
    internal const string Cgroup = "Cgroup";

    /// <summary>The noun of errors about registries.</summary>
    internal const string Registry = "ContainerRegistry";

    /// <summary>The noun of errors about the configuration.</summary>
    internal const string Configuration = "ContainerConfiguration";

    /// <summary>The noun of errors about namespaces.</summary>
    internal const string Namespace = "Namespace";

    /// <summary>The noun of errors about the unit that starts containers with the machine.</summary>
    internal const string Startup = "ContainerStartup";

    /// <summary>The noun of errors about overlays.</summary>
    internal const string Overlay = "Overlay";

    /// <summary>Makes the error record of a failure.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="noun">What it concerns: <see cref="Container"/>, <see cref="Image"/> or <see cref="Engine"/>.</param>
    /// <param name="target">The object as the user gave it; null for the failure's own subject.</param>
    /// <param name="particularId">An id that tells more than the reason does; null for the reason's.</param>
    /// <returns>The record.</returns>
    public static ErrorRecord Record(EngineException failure, string noun, object? target = null, string? particularId = null)
    {
        var (id, category) = Describe(failure.Reason, noun);
        id = particularId ?? id;
        var record = new ErrorRecord(failure, id, category, target ?? failure.Subject);
        if (Advice(id) is { } advice)
        {
            record.ErrorDetails = new ErrorDetails(failure.Message) { RecommendedAction = advice };
        }

        return record;
    }

    /// <summary>Makes the error record of an image that was not received from or sent to a registry: to receive it is no advice then.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="target">The image or repository as the user gave it.</param>
    /// <returns>The record.</returns>
    public static ErrorRecord TransferRecord(EngineException failure, object target)
    {
        var (id, category) = Describe(failure.Reason, Image);
        return new ErrorRecord(failure, id, category, target);
    }

    /// <summary>Makes the error record of a wrong use of a cmdlet.</summary>
    /// <param name="id">The id.</param>
    /// <param name="message">What is wrong and what to write instead.</param>
    /// <param name="target">The object.</param>
    /// <param name="category">The category.</param>
    /// <returns>The record.</returns>
    public static ErrorRecord Usage(string id, string message, object? target, ErrorCategory category = ErrorCategory.InvalidArgument) =>
        new(new PSInvalidOperationException(message), id, category, target);

    /// <summary>Wraps an answer of the kernel that the engine did not foresee.</summary>
    /// <param name="failure">The kernel's answer.</param>
    /// <returns>An engine's failure that says what was attempted.</returns>
    public static EngineException Unforeseen(KernelException failure) =>
        new(EngineErrorReason.Internal, failure.Subject, $"The kernel refused {failure.Message}.", failure);

    /// <summary>Makes the error record of a container that could not be made: what is not there is then not the container.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="image">The image that was asked for, or null.</param>
    /// <param name="target">The object as the user gave it.</param>
    /// <returns>The record.</returns>
    public static ErrorRecord CreationRecord(EngineException failure, string? image, object target) => failure.Reason switch
    {
        EngineErrorReason.NotFound or EngineErrorReason.Ambiguous or EngineErrorReason.InvalidData or EngineErrorReason.NotSupported
            or EngineErrorReason.LimitExceeded or EngineErrorReason.PermissionDenied or EngineErrorReason.Timeout when failure.Subject == image => Record(failure, Image, target),
        EngineErrorReason.NotFound => Record(failure, Container, failure.Subject, "ContainerPathNotFound"),
        _ => Record(failure, Container, target),
    };

    /// <summary>The exit code that stands for a container's failure to start, as shells and docker have it.</summary>
    /// <param name="failure">The failure.</param>
    /// <returns>125, 126 or 127.</returns>
    public static int ExitCode(EngineException failure) => failure.Reason switch
    {
        EngineErrorReason.CommandNotFound => 127,
        EngineErrorReason.CommandNotExecutable => 126,
        _ => 125,
    };

    private static (string Id, ErrorCategory Category) Describe(EngineErrorReason reason, string noun) => reason switch
    {
        EngineErrorReason.InvalidArgument => (noun + "ArgumentInvalid", ErrorCategory.InvalidArgument),
        EngineErrorReason.NotFound => (noun + "NotFound", ErrorCategory.ObjectNotFound),
        EngineErrorReason.Ambiguous => (noun + "Ambiguous", ErrorCategory.InvalidArgument),
        EngineErrorReason.AlreadyExists => (noun == Startup ? noun + "Exists" : noun + "NameInUse", ErrorCategory.ResourceExists),
        EngineErrorReason.Busy => (noun == Image ? "ContainerImageInUse" : noun + "Busy", ErrorCategory.ResourceBusy),
        EngineErrorReason.NotRunning => ("ContainerNotRunning", ErrorCategory.ResourceUnavailable),
        EngineErrorReason.PermissionDenied => (noun + "PermissionDenied", ErrorCategory.PermissionDenied),
        EngineErrorReason.LimitExceeded => (noun + "LimitExceeded", ErrorCategory.LimitsExceeded),
        EngineErrorReason.Timeout => (noun + "Timeout", ErrorCategory.OperationTimeout),
        EngineErrorReason.Canceled => (noun + "Canceled", ErrorCategory.OperationStopped),
        EngineErrorReason.InvalidData => (noun + "DataInvalid", ErrorCategory.InvalidData),
        EngineErrorReason.NotSupported => (noun + "NotSupported", ErrorCategory.NotImplemented),
        EngineErrorReason.CommandNotFound => ("ContainerCommandNotFound", ErrorCategory.ObjectNotFound),
        EngineErrorReason.CommandNotExecutable => ("ContainerCommandNotExecutable", ErrorCategory.PermissionDenied),
        EngineErrorReason.LaunchFailed => ("ContainerLaunchFailed", ErrorCategory.OpenError),
        EngineErrorReason.InvalidConfiguration => ("ContainerConfigurationInvalid", ErrorCategory.InvalidData),
        EngineErrorReason.Storage => ("ContainerStorageFailed", ErrorCategory.WriteError),
        EngineErrorReason.AuthenticationFailed => ("ContainerRegistryAuthenticationFailed", ErrorCategory.AuthenticationError),
        EngineErrorReason.ConnectionFailed => ("ContainerRegistryConnectionFailed", ErrorCategory.ConnectionError),
        EngineErrorReason.Internal => (noun + "InternalError", ErrorCategory.InvalidResult),
        _ => (noun + "Error", ErrorCategory.NotSpecified),
    };

    // Only what the engine's message does not say already.
    private static string? Advice(string id) => id switch
    {
        "ContainerImageNotFound" => "Receive-ContainerImage gets an image from a registry; Import-ContainerImage makes an image of a root file system's archive; the image host is built in.",
        "ContainerTimeout" => "Give a longer -Timeout.",
        _ => null,
    };
}
