using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <summary>A command in this session's foreground, over the link to its monitor.</summary>
/// <param name="link">The link, from now on this object's.</param>
internal abstract class AttachedProcess(MonitorLink link) : ForegroundProcess
{
    public override FileStream? StandardInput { get; } = link.Input?.IntoStream(FileAccess.Write);

    public override FileStream StandardOutput { get; } = link.Output!.IntoStream(FileAccess.Read);

    public override FileStream? StandardError { get; } = link.Error?.IntoStream(FileAccess.Read);

    public override FileDescriptor? Terminal => link.Terminal;

    public override void Signal(int signal) => link.Signal(signal);

    /// <summary>Waits until the monitor has said how the command ended; null where it is lost.</summary>
    protected ExitRecord? AwaitEnd(CancellationToken cancellation) =>
        link.TryReceive(out SessionMessage message, cancellation) && message.Kind == SessionMessage.Ended
            ? new ExitRecord((int)message.Value1, (int)message.Value2, message.Value3, Nanoseconds(link.StartedAt), message.Time)
            : null;

    protected override void Dispose(bool disposing)
    {
        StandardInput?.Dispose();
        StandardOutput.Dispose();
        StandardError?.Dispose();
        link.Dispose();
    }

    private static long Nanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
}
