using System.Management.Automation;

namespace Containers.Commands;

/// <summary>Hands what the engine writes down the pipeline, in pieces.</summary>
internal static class ByteOutput
{
    /// <summary>Runs the work on a thread of its own until it has ended, or nobody reads any more.</summary>
    /// <param name="cmdlet">The cmdlet whose output it is.</param>
    /// <param name="stopping">Cancelled by Ctrl-C.</param>
    /// <param name="write">Writes to a stream until it is cancelled.</param>
    /// <param name="show">Shows the progress, on the pipeline's thread.</param>
    public static void Run(Cmdlet cmdlet, CancellationToken stopping, Action<Stream, CancellationToken> write, Action show)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var pipe = new BytePipe(ending.Token);
        var work = new EngineWork<bool>(() =>
        {
            try
            {
                write(pipe, ending.Token);
                pipe.Flush();
                return true;
            }
            finally
            {
                pipe.Complete();
            }
        });
        try
        {
            while (!pipe.IsFinished)
            {
                if (pipe.TryTake(out var piece, EngineWork<bool>.Interval))
                {
                    cmdlet.WriteObject(piece, enumerateCollection: false);
                }

                show();
            }
        }
        finally
        {
            // A reader that closed, or Ctrl-C: the engine writes for nobody.
            if (!pipe.IsFinished)
            {
                ending.Cancel();
            }

            work.Wait(static () => { });
        }

        _ = work.Result();
    }
}
