using System.Management.Automation;
using Containers.Engine;
using Containers.Errors;
using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.Commands;

public sealed class ErrorTests : IDisposable
{
    // Importing shows the runtime the way to the engine's types.
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("NotFound", "Container", "ContainerNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("NotFound", "ContainerImage", "ContainerImageNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Ambiguous", "Container", "ContainerAmbiguous", ErrorCategory.InvalidArgument)]
    [InlineData("AlreadyExists", "Container", "ContainerNameInUse", ErrorCategory.ResourceExists)]
    [InlineData("Busy", "Container", "ContainerBusy", ErrorCategory.ResourceBusy)]
    [InlineData("NotRunning", "Container", "ContainerNotRunning", ErrorCategory.ResourceUnavailable)]
    [InlineData("Busy", "ContainerImage", "ContainerImageInUse", ErrorCategory.ResourceBusy)]
    [InlineData("PermissionDenied", "Container", "ContainerPermissionDenied", ErrorCategory.PermissionDenied)]
    [InlineData("LimitExceeded", "ContainerImage", "ContainerImageLimitExceeded", ErrorCategory.LimitsExceeded)]
    [InlineData("Timeout", "Container", "ContainerTimeout", ErrorCategory.OperationTimeout)]
    [InlineData("Canceled", "Container", "ContainerCanceled", ErrorCategory.OperationStopped)]
    [InlineData("InvalidArgument", "Container", "ContainerArgumentInvalid", ErrorCategory.InvalidArgument)]
    [InlineData("InvalidData", "ContainerImage", "ContainerImageDataInvalid", ErrorCategory.InvalidData)]
    [InlineData("NotSupported", "Container", "ContainerNotSupported", ErrorCategory.NotImplemented)]
    [InlineData("CommandNotFound", "Container", "ContainerCommandNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("CommandNotExecutable", "Container", "ContainerCommandNotExecutable", ErrorCategory.PermissionDenied)]
    [InlineData("LaunchFailed", "Container", "ContainerLaunchFailed", ErrorCategory.OpenError)]
    [InlineData("InvalidConfiguration", "ContainerEngine", "ContainerConfigurationInvalid", ErrorCategory.InvalidData)]
    [InlineData("Storage", "Container", "ContainerStorageFailed", ErrorCategory.WriteError)]
    [InlineData("Internal", "Container", "ContainerInternalError", ErrorCategory.InvalidResult)]
    public void Each_reason_has_an_id_and_a_category(string reason, string noun, string id, ErrorCategory category)
    {
        var failure = new EngineException(Enum.Parse<EngineErrorReason>(reason), "web", "A sentence.");

        var record = EngineErrors.Record(failure, noun);

        Assert.Equal(id, record.FullyQualifiedErrorId);
        Assert.Equal(category, record.CategoryInfo.Category);
        Assert.Equal("web", record.TargetObject);
        Assert.Equal("A sentence.", record.ToString());
    }

    [Fact]
    public void No_reason_is_forgotten_and_no_two_of_a_noun_share_an_id()
    {
        var records = Enum.GetValues<EngineErrorReason>()
            .Select(reason => EngineErrors.Record(new EngineException(reason, "x", "m"), "Container")).ToList();

        Assert.Equal(records.Count, records.Select(record => record.FullyQualifiedErrorId).Distinct().Count());
        Assert.DoesNotContain(records, record => record.CategoryInfo.Category == ErrorCategory.NotSpecified);
    }

    [Fact]
    public void Advice_goes_with_the_errors_that_a_user_can_mend()
    {
        var record = EngineErrors.Record(new EngineException(EngineErrorReason.NotFound, "web", "A sentence."), "ContainerImage", "web");

        Assert.Contains("Import-ContainerImage", record.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("A sentence.", record.ErrorDetails.Message);
    }

    [Theory]
    [InlineData("NotFound", "debian", "ContainerImageNotFound")]
    [InlineData("Ambiguous", "debian", "ContainerImageAmbiguous")]
    [InlineData("NotFound", "/srv/data", "ContainerPathNotFound")]
    [InlineData("InvalidData", "debian", "ContainerImageDataInvalid")]
    [InlineData("AuthenticationFailed", "debian", "ContainerRegistryAuthenticationFailed")]
    [InlineData("ConnectionFailed", "debian", "ContainerRegistryConnectionFailed")]
    [InlineData("AlreadyExists", "web", "ContainerNameInUse")]
    public void What_a_new_container_misses_is_told_by_the_id(string reason, string subject, string id) =>
        Assert.Equal(
            id,
            EngineErrors.CreationRecord(new EngineException(Enum.Parse<EngineErrorReason>(reason), subject, "m"), "debian", "web").FullyQualifiedErrorId);

    [Theory]
    [InlineData("CommandNotFound", 127)]
    [InlineData("CommandNotExecutable", 126)]
    [InlineData("LaunchFailed", 125)]
    [InlineData("NotFound", 125)]
    public void A_failure_to_run_has_the_shells_exit_code(string reason, int code) =>
        Assert.Equal(code, EngineErrors.ExitCode(new EngineException(Enum.Parse<EngineErrorReason>(reason), "x", "m")));
}
