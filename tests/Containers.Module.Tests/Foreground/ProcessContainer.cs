using System.Diagnostics;
using System.IO.Pipes;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Module.Tests.Foreground;

/// <summary>
/// A process of this machine in the place of a container: real pipes and real signals, so that the pumps are tested apart
/// from the engine.
/// </summary>
internal sealed class ProcessContainer : ForegroundProcess
{
    private readonly Process _process;

    public ProcessContainer(string command, bool withInput)
    {
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        StandardOutput = IntoFileStream(_process.StandardOutput.BaseStream, FileAccess.Read);
        StandardError = IntoFileStream(_process.StandardError.BaseStream, FileAccess.Read);
        if (withInput)
        {
            StandardInput = IntoFileStream(_process.StandardInput.BaseStream, FileAccess.Write);
        }
        else
        {
            _process.StandardInput.Close();
        }
    }

    // The same pipe under a descriptor of its own, as the engine hands it out.
    private static FileStream IntoFileStream(Stream stream, FileAccess access)
    {
        using (stream)
        {
            using var borrowed = new FileDescriptor((int)((PipeStream)stream).SafePipeHandle.DangerousGetHandle());
            FileDescriptor own = borrowed.Duplicate();
            borrowed.SetHandleAsInvalid();
            return own.IntoStream(access);
        }
    }

    public List<int> Signals { get; } = [];

    public bool HasExited => _process.HasExited;

    public bool IsDisposed { get; private set; }

    public override bool IsRejoined => RanBefore;

    public override bool IsLeftRunning => RanBefore;

    public bool RanBefore { get; init; }

    public override ContainerSnapshot Container => new() { Id = "0", Name = "test", Options = new ContainerOptions() };

    public override FileStream? StandardInput { get; }

    public override FileStream StandardOutput { get; }

    public override FileStream? StandardError { get; }

    public override void Signal(int signal)
    {
        lock (Signals)
        {
            Signals.Add(signal);
        }

        using var kill = Process.Start("/bin/kill", ["-s", signal.ToString(System.Globalization.CultureInfo.InvariantCulture), _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public override ProcessEnd WaitForExit(CancellationToken cancellation)
    {
        try
        {
            _process.WaitForExitAsync(cancellation).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            throw new EngineException(EngineErrorReason.Canceled, "test", "The waiting was cancelled.");
        }

        return new ProcessEnd(_process.ExitCode, Signal: null, StateReason.None, StartedAt: null, FinishedAt: null);
    }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        _process.Dispose();
    }
}
