using Containers.Engine.Layers;

namespace Containers.Engine.Images;

/// <summary>Makes the documents of an imported image.</summary>
internal static class ImageDocuments
{
    /// <summary>Checks what is to go into a configuration.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <exception cref="EngineException">InvalidArgument.</exception>
    public static void Check(ImageConfiguration configuration)
    {
        foreach (string variable in configuration.Env)
        {
            if (variable.IndexOf('=', StringComparison.Ordinal) < 1 || variable.Contains('\0', StringComparison.Ordinal))
            {
                throw Wrong("Env", variable, "a variable is NAME=VALUE");
            }
        }

        foreach (string word in configuration.Entrypoint.Concat(configuration.Cmd))
        {
            if (word.Contains('\0', StringComparison.Ordinal))
            {
                throw Wrong("Cmd", word, "an argument cannot hold a NUL");
            }
        }

        if (configuration.WorkingDir is { } folder && (!folder.StartsWith('/') || folder.Contains('\0', StringComparison.Ordinal)))
        {
            throw Wrong("WorkingDir", folder, "the folder is given by an absolute path");
        }
    }

    /// <summary>The configuration of an image of one layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="configuration">What containers of it run by default.</param>
    /// <returns>The document.</returns>
    public static OciImage MakeImage(TakenLayer layer, ImageConfiguration configuration)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return new OciImage
        {
            Created = now,
            Architecture = ImageCatalog.MachineArchitecture,
            Config = new OciImageConfig
            {
                Entrypoint = NullIfEmpty(configuration.Entrypoint),
                Cmd = NullIfEmpty(configuration.Cmd),
                Env = NullIfEmpty(configuration.Env),
                User = configuration.User,
                WorkingDir = configuration.WorkingDir,
                StopSignal = configuration.StopSignal,
                Labels = configuration.Labels.Count == 0 ? null : configuration.Labels,
            },
            RootFileSystem = new OciRootFileSystem { DiffIds = [layer.DiffId] },
            History = [new OciHistory { Created = now, CreatedBy = "Import-ContainerImage", Comment = "a root file system's archive" }],
        };
    }

    /// <summary>The reference to a layer's blob.</summary>
    /// <param name="layer">The layer.</param>
    /// <returns>The reference, with OCI's media type.</returns>
    public static OciDescriptor LayerDescriptor(StagedLayer layer) => new()
    {
        MediaType = layer.Compression switch
        {
            LayerCompressionKind.Gzip => OciMediaType.LayerGzip,
            LayerCompressionKind.Zstd => OciMediaType.LayerZstd,
            _ => OciMediaType.Layer,
        },
        Digest = layer.BlobDigest,
        Size = layer.BlobSize,
    };

    private static IReadOnlyList<string>? NullIfEmpty(IReadOnlyList<string> list) => list.Count == 0 ? null : list;

    private static EngineException Wrong(string key, string value, string rule)
    {
        string shown = EntryName.Show(System.Text.Encoding.UTF8.GetBytes(value));
        return new EngineException(EngineErrorReason.InvalidArgument, key, $"The image's {key} '{shown}' is wrong: {rule}.");
    }
}
