using System.Diagnostics.CodeAnalysis;

namespace Containers.Foreground;

/// <summary>
/// Where the pipeline's thread and the threads at a container's streams meet. Both ways are bounded, so that a slow reader
/// slows the container and a container that does not read slows the pipeline; and the pipeline's thread, which alone may
/// write to the pipeline, never waits for room in one direction without taking what has come in the other.
/// </summary>
internal sealed class Exchange
{
    private const int OutputBound = 1024 * 1024;
    private const int InputBound = 1024 * 1024;

    // The size of a pipe: what one write(2) can pass on without waiting.
    private const int WriteSize = 64 * 1024;

    private readonly object _gate = new();
    private readonly Queue<OutputPiece> _output = new();
    private readonly Queue<byte[]> _input = new();
    private int _outputSize;
    private int _inputSize;
    private int _openOutputs;
    private bool _inputComplete;
    private bool _inputRefused;
    private bool _abandoned;
    private Exception? _fault;

    /// <summary>Makes an exchange.</summary>
    /// <param name="outputs">The number of output streams that will call <see cref="EndOutput"/>.</param>
    public Exchange(int outputs) => _openOutputs = outputs;

    /// <summary>Offers input. For the pipeline's thread.</summary>
    /// <param name="bytes">The bytes; kept by reference.</param>
    /// <returns>False where there is no room: take output, or <see cref="Wait"/>, and offer again.</returns>
    public bool TryOffer(byte[] bytes)
    {
        lock (_gate)
        {
            if (_inputRefused || _abandoned || bytes.Length == 0)
            {
                return true;
            }

            // One piece may reach over the bound: it is in memory anyway.
            if (_inputSize >= InputBound)
            {
                return false;
            }

            _input.Enqueue(bytes);
            _inputSize += bytes.Length;
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    /// <summary>Adds input, when there is room for it. For a thread other than the pipeline's.</summary>
    /// <param name="bytes">The bytes; kept by reference.</param>
    public void Offer(byte[] bytes)
    {
        lock (_gate)
        {
            while (!TryOffer(bytes))
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Tells that no input follows.</summary>
    public void CompleteInput()
    {
        lock (_gate)
        {
            _inputComplete = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Takes what output there is, without waiting. For the pipeline's thread.</summary>
    /// <param name="piece">The piece.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryTake(out OutputPiece piece)
    {
        lock (_gate)
        {
            if (!_output.TryDequeue(out piece))
            {
                return false;
            }

            _outputSize -= piece.Size;
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    /// <summary>Waits until there is output, no more can come, or (while input is still to be offered) there is room for input. For the pipeline's thread.</summary>
    /// <param name="forRoom">Whether room for input is waited for too.</param>
    /// <returns>False where every output has ended and was taken, or was abandoned.</returns>
    /// <exception cref="IOException">A stream's thread failed.</exception>
    public bool Wait(bool forRoom)
    {
        lock (_gate)
        {
            while (true)
            {
                if (_fault is not null)
                {
                    throw new IOException(_fault.Message, _fault);
                }

                if (_abandoned)
                {
                    return false;
                }

                if (_output.Count > 0 || (forRoom && (_inputSize < InputBound || _inputRefused)))
                {
                    return true;
                }

                if (_openOutputs == 0)
                {
                    return false;
                }

                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Drops what is queued and what still comes, and wakes every thread: the reader is gone.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _abandoned = true;
            _output.Clear();
            _input.Clear();
            _outputSize = _inputSize = 0;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Adds output, when there is room for it. For a stream's thread.</summary>
    /// <param name="piece">The piece; dropped where the exchange was abandoned.</param>
    public void Put(OutputPiece piece)
    {
        lock (_gate)
        {
            while (_outputSize >= OutputBound && !_abandoned)
            {
                Monitor.Wait(_gate);
            }

            if (!_abandoned)
            {
                _output.Enqueue(piece);
                _outputSize += piece.Size;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Tells that one output stream has ended. For its thread.</summary>
    /// <param name="fault">Why, where it was not end-of-file.</param>
    public void EndOutput(Exception? fault)
    {
        lock (_gate)
        {
            _openOutputs--;
            _fault ??= fault;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits for input, and takes small pieces together. For the thread at standard input.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>False where none follows.</returns>
    public bool TakeInput([NotNullWhen(true)] out byte[]? bytes)
    {
        lock (_gate)
        {
            while (_input.Count == 0 && !_inputComplete && !_abandoned)
            {
                Monitor.Wait(_gate);
            }

            if (!_input.TryDequeue(out bytes))
            {
                return false;
            }

            if (_input.TryPeek(out var next) && bytes.Length + next.Length <= WriteSize)
            {
                bytes = Together(bytes);
            }

            _inputSize -= bytes.Length;
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    private byte[] Together(byte[] first)
    {
        var several = new MemoryStream(WriteSize);
        several.Write(first);
        while (_input.TryPeek(out var next) && several.Length + next.Length <= WriteSize)
        {
            several.Write(_input.Dequeue());
        }

        return several.ToArray();
    }

    /// <summary>Tells that the container reads no more: what is offered from now on is dropped. For the thread at standard input.</summary>
    public void RefuseInput()
    {
        lock (_gate)
        {
            _inputRefused = true;
            _input.Clear();
            _inputSize = 0;
            Monitor.PulseAll(_gate);
        }
    }
}
