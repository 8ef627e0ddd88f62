using System.Globalization;
using Containers.Engine.Runtime;
using Containers.Init.Plan;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Health;

/// <summary>Runs a check's command in its container, as any further command there is run.</summary>
/// <param name="exec">Runs it.</param>
internal sealed class HealthCommand(ContainerExec exec)
{
    /// <summary>The exit code of a check that has not come to an end, or could not be made.</summary>
    internal const int NotRun = -1;

    private static readonly TimeSpan PatienceAfterKill = TimeSpan.FromSeconds(1);

    /// <summary>Runs it to its end, or as long as it may take.</summary>
    /// <param name="id">The container.</param>
    /// <param name="check">Its check.</param>
    /// <param name="cancellation">Ends the command.</param>
    /// <returns>The result.</returns>
    /// <exception cref="EngineException">NotRunning, or Busy where it is paused, so that nothing is found out about it.</exception>
    public HealthResult Run(string id, HealthCheck check, CancellationToken cancellation)
    {
        DateTimeOffset startedAt = DateTimeOffset.UtcNow;
        var output = new HealthOutput();
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(check.Timeout);
        int exitCode = NotRun;
        string text;
        try
        {
            exitCode = Run(id, check, output, time.Token);
            text = output.ToString();
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            string written = output.ToString();
            text = string.Create(
                CultureInfo.InvariantCulture, $"The check has not ended within {check.Timeout.TotalSeconds:0.###} s and was killed{(written.Length > 0 ? ": " : ".")}{written}");
        }
        catch (EngineException e) when (e.Reason is not (EngineErrorReason.Busy or EngineErrorReason.NotRunning or EngineErrorReason.NotFound or EngineErrorReason.Canceled))
        {
            text = e.Message;
        }

        return new HealthResult(startedAt, DateTimeOffset.UtcNow, exitCode, text);
    }

    private int Run(string id, HealthCheck check, HealthOutput output, CancellationToken time)
    {
        using MonitorLink link = exec.Start(id, new ExecOptions { Command = check.Command }, attach: true, withInput: false, time).Link;
        try
        {
            Read(link, output, time);
            return link.TryReceive(out SessionMessage message, time) && message.Kind == SessionMessage.Ended ? (int)message.Value1 : NotRun;
        }
        catch (OperationCanceledException)
        {
            // With what it has started, or that would pile up in the container.
            link.SignalGroup(LibC.SIGKILL);
            using var patience = new CancellationTokenSource(PatienceAfterKill);
            link.ReceiveLast(static _ => { }, patience.Token);
            throw;
        }
    }

    /// <summary>Reads both streams to their end, and drops what there is no room for.</summary>
    private static void Read(MonitorLink link, HealthOutput output, CancellationToken time)
    {
        using var wake = new WakeUp();
        using CancellationTokenRegistration registration = time.UnsafeRegister(static w => ((WakeUp)w!).Set(), wake);
        FileDescriptor?[] streams = [link.Output, link.Error];
        Span<byte> buffer = stackalloc byte[HealthOutput.Room];
        while (Array.Exists(streams, static stream => stream is not null))
        {
            Span<PollEntry> entries =
            [
                new(streams[0]?.Number ?? -1, PollEvents.Readable), new(streams[1]?.Number ?? -1, PollEvents.Readable), new(wake.Number, PollEvents.Readable),
            ];
            _ = Channels.Poll(entries, milliseconds: -1);
            time.ThrowIfCancellationRequested();
            for (int i = 0; i < streams.Length; i++)
            {
                if (streams[i] is { } stream && entries[i].Returned != PollEvents.None)
                {
                    int count = Files.Read(stream, buffer, "the check's output");
                    output.Append(buffer[..count]);
                    streams[i] = count > 0 ? stream : null;
                }
            }
        }
    }
}
