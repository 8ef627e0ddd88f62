using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Images;
using Containers.Engine.Runtime;
using Containers.Errors;
using Containers.Foreground;
using Containers.Interop;

namespace Containers.Commands;

/// <summary>What the module's cmdlets share: the engine, Ctrl-C, names, and errors that do not end the pipeline.</summary>
public abstract class ContainerCommand : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Cancelled by Ctrl-C.</summary>
    internal CancellationToken StopToken => _stopping.Token;

    /// <summary>What runs in the foreground: ends with Ctrl-C and with the cmdlet. Null where nothing does.</summary>
    private protected ForegroundCommand? Foreground { get; set; }

    /// <summary>The engine; a failure to open it ends the cmdlet, since no object could fare better.</summary>
    private protected ContainerEngine OpenEngine()
    {
        try
        {
            return EngineSession.Current();
        }
        catch (EngineException e)
        {
            ThrowTerminatingError(EngineErrors.Record(e, EngineErrors.Engine));
            throw;
        }
        catch (KernelException e)
        {
            ThrowTerminatingError(EngineErrors.Record(EngineErrors.Unforeseen(e), EngineErrors.Engine));
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        try
        {
            _stopping.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The pipeline ended on its own while Ctrl-C was on its way.
        }

        Foreground?.Interrupt();
    }

    /// <summary>Does something to one object; a failure of the engine is written, and the pipeline goes on.</summary>
    /// <param name="noun">One of the nouns of <see cref="EngineErrors"/>.</param>
    /// <param name="target">The object, for the error record.</param>
    /// <param name="action">What is done.</param>
    private protected void Attempt(string noun, object target, Action action) =>
        Attempt(failure => EngineErrors.Record(failure, noun, target), action);

    /// <summary>Does something; a failure of the engine is written as an error record, and the pipeline goes on.</summary>
    /// <param name="record">Makes the record.</param>
    /// <param name="action">What is done.</param>
    private protected void Attempt(Func<EngineException, ErrorRecord> record, Action action)
    {
        try
        {
            action();
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Canceled && StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (EngineException e)
        {
            WriteError(record(e));
        }
        catch (KernelException e)
        {
            WriteError(record(EngineErrors.Unforeseen(e)));
        }
    }

    /// <summary>
    /// The containers of the names: each by exact name, exact id or prefix of an id, or all that match a wildcard. A name that
    /// matches none is an error; a wildcard that matches none is not.
    /// </summary>
    /// <param name="names">The names.</param>
    /// <returns>The containers, each once, in the order of the names and of their making.</returns>
    private protected IReadOnlyList<ContainerSnapshot> FindContainers(IEnumerable<string> names)
    {
        var engine = OpenEngine();
        var found = new List<ContainerSnapshot>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            Attempt(EngineErrors.Container, name, () =>
            {
                foreach (var container in Matches(engine, name))
                {
                    if (seen.Add(container.Id))
                    {
                        found.Add(container);
                    }
                }
            });
        }

        return found;
    }

    /// <summary>
    /// As <see cref="FindContainers"/>, for what only running containers have: one that is named and does not run is an error; of a wildcard, and of all where no names are
    /// given, those that run are taken.
    /// </summary>
    /// <param name="names">The names; null for all.</param>
    /// <returns>The containers, each once.</returns>
    private protected IReadOnlyList<ContainerSnapshot> FindRunningContainers(IReadOnlyList<string>? names)
    {
        var named = FindContainers((names ?? []).Where(static name => !WildcardPattern.ContainsWildcardCharacters(name)));
        foreach (var stopped in named.Where(static container => !IsRunning(container)))
        {
            Attempt(EngineErrors.Container, stopped.Name, () => throw new EngineException(
                EngineErrorReason.NotRunning, stopped.Name, $"The container '{stopped.Name}' is not running. Start it: Start-Container {stopped.Name}"));
        }

        var others = FindContainers(names?.Where(WildcardPattern.ContainsWildcardCharacters) ?? ["*"]);
        return [.. named.Concat(others).Where(IsRunning).DistinctBy(static container => container.Id)];
    }

    private static bool IsRunning(ContainerSnapshot container) => container.State == Engine.Runtime.ContainerState.Running;

    private static IEnumerable<ContainerSnapshot> Matches(ContainerEngine engine, string name)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(name))
        {
            return [engine.Get(name)];
        }

        // Names of containers differ by case.
        var pattern = new WildcardPattern(name, WildcardOptions.CultureInvariant);
        return engine.List().Where(container => pattern.IsMatch(container.Name) || pattern.IsMatch(container.Id));
    }

    /// <summary>The images of the names, as <see cref="FindContainers"/> finds containers.</summary>
    /// <param name="names">The names.</param>
    /// <returns>The images.</returns>
    private protected IReadOnlyList<ImageInfo> FindImages(IEnumerable<string> names) => [.. FindAskedImages(names).Select(static found => found.Image)];

    /// <summary>As <see cref="FindImages"/>, each image with what the engine is to be asked for it by.</summary>
    /// <param name="names">The names.</param>
    /// <returns>The images with the name, id or digest that was given; for what a wildcard found, its own name, or its id where it has none.</returns>
    private protected IReadOnlyList<(string Asked, ImageInfo Image)> FindAskedImages(IEnumerable<string> names)
    {
        var engine = OpenEngine();
        var found = new List<(string Asked, ImageInfo Image)>();
        var seen = new HashSet<(string Id, string? Name)>();
        foreach (var name in names)
        {
            Attempt(EngineErrors.Image, name, () =>
            {
                foreach (var image in ImageMatches(engine, name))
                {
                    if (seen.Add((image.Id, image.Name)))
                    {
                        found.Add((WildcardPattern.ContainsWildcardCharacters(name) ? image.Name ?? image.Id : name, image));
                    }
                }
            });
        }

        return found;
    }

    private static IEnumerable<ImageInfo> ImageMatches(ContainerEngine engine, string name)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(name))
        {
            return [engine.Images.Get(name)];
        }

        var pattern = new WildcardPattern(name, WildcardOptions.CultureInvariant);
        return engine.Images.List().Where(image =>
            (image.Name is { } full && (pattern.IsMatch(full) || pattern.IsMatch(WithoutTag(full)))) || pattern.IsMatch(image.Id));
    }

    // A colon before the last slash belongs to a registry's port.
    private static string WithoutTag(string name)
    {
        var colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[..colon] : name;
    }

    /// <summary>Ends the cmdlet with an error about how it was called.</summary>
    /// <param name="id">The error's id.</param>
    /// <param name="message">What is wrong and what to write instead.</param>
    /// <param name="target">The object.</param>
    [DoesNotReturn]
    internal void Refuse(string id, string message, object? target)
    {
        ThrowTerminatingError(EngineErrors.Usage(id, message, target));
        throw new PSInvalidOperationException(message);
    }

    /// <summary>Releases what the cmdlet holds.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the cmdlet holds.</summary>
    /// <param name="disposing">Whether called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Foreground?.Dispose();

            // Where a closed reader ended the pipeline, what this cmdlet still waits for ends with it.
            _stopping.Cancel();
            _stopping.Dispose();
        }
    }
}
