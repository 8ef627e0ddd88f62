namespace Containers.Engine.Images.Archives;

/// <summary>Tells of a root file system's import as of the one layer that it is.</summary>
/// <param name="progress">Who is told.</param>
internal sealed class LayerProgressOfImport(IProgress<LayerProgress> progress) : IProgress<ImportProgress>
{
    /// <inheritdoc/>
    public void Report(ImportProgress value) =>
        progress.Report(new LayerProgress(ImageArchiveError.Subject, LayerStage.Receiving, value.BytesRead, value.BytesTotal) { Entries = value.Entries });
}
