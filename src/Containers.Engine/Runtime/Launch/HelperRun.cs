using System.Globalization;
using Containers.Engine.Namespaces;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Runtime.Launch;

/// <summary>Runs the helper with a plan, and hears from its monitor whether the command runs.</summary>
internal static class HelperRun
{
    private static readonly TimeSpan PatienceAfterCancel = TimeSpan.FromSeconds(10);

    /// <summary>Starts what a plan says.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="link">The link to the monitor, which the caller disposes where this fails.</param>
    /// <param name="whenCanceled">Ends what was started, since the helper cannot be called back.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="EngineException">CommandNotFound, CommandNotExecutable, LaunchFailed: nothing of it runs.</exception>
    public static void Start(LaunchPlan plan, MonitorLink link, Action whenCanceled, CancellationToken cancellation) =>
        Start(plan, link, whenCanceled, static start => HomeThread.Run(start), cancellation);

    /// <summary>As <see cref="Start(LaunchPlan, MonitorLink, Action, CancellationToken)"/>, from the namespaces that the calling thread has entered.</summary>
    public static void StartHere(LaunchPlan plan, MonitorLink link, CancellationToken cancellation) =>
        Start(plan, link, static () => { }, static start => start(), cancellation);

    private static void Start(LaunchPlan plan, MonitorLink link, Action whenCanceled, Func<Func<int>, int> run, CancellationToken cancellation)
    {
        int helper;
        using (FileDescriptor memory = Memfd.Create("pscontainers-plan", plan.Bytes))
        {
            int descriptor = memory.Number;
            helper = run(() => Spawn.Start(HelperProgram.File, ["pscontainers", descriptor.ToString(CultureInfo.InvariantCulture)], [.. plan.Descriptors, descriptor]));
        }

        link.CloseTheirEnds();
        try
        {
            Await(plan, link, whenCanceled, cancellation);
        }
        finally
        {
            // It ends as soon as it has cloned the monitor.
            _ = Spawn.Reap(helper);
        }
    }

    private static void Await(LaunchPlan plan, MonitorLink link, Action whenCanceled, CancellationToken cancellation)
    {
        SessionMessage message;
        try
        {
            if (!link.TryReceive(out message, cancellation))
            {
                throw new EngineException(
                    EngineErrorReason.LaunchFailed, plan.Subject.Name,
                    $"{plan.Subject.Purpose} failed: the helper ended without a word. The kernel may lack memory, or something killed it.");
            }
        }
        catch (OperationCanceledException)
        {
            whenCanceled();
            using var patience = new CancellationTokenSource(PatienceAfterCancel);
            link.ReceiveLast(
                whenStarted: started =>
                {
                    whenCanceled();
                    link.Started(started);
                    link.Signal(9);
                },
                patience.Token);
            throw;
        }

        if (message.Kind == SessionMessage.Failed)
        {
            throw LaunchFailure.Explain(plan, (int)message.Value1, (Errno)message.Value2, (int)message.Value3);
        }

        link.Started(message);
    }
}
