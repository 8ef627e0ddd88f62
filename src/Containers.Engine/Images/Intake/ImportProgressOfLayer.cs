namespace Containers.Engine.Images;

/// <summary>Tells the progress of an image of one layer.</summary>
/// <param name="progress">Whom to tell.</param>
internal sealed class ImportProgressOfLayer(IProgress<ImportProgress> progress) : IProgress<LayerProgress>
{
    /// <inheritdoc/>
    public void Report(LayerProgress value)
    {
        if (value.Stage != LayerStage.Waiting)
        {
            progress.Report(new ImportProgress(value.Bytes, value.Total, value.Entries));
        }
    }
}
