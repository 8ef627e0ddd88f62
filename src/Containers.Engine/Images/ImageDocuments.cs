using System.Text.Json;
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
                ExposedPorts = Keys(configuration.ExposedPorts),
                Volumes = Keys(configuration.Volumes),
                Healthcheck = configuration.Healthcheck is { } check ? MakeHealthcheck(check) : null,
                OnBuild = NullIfEmpty(configuration.OnBuild),
                Shell = NullIfEmpty(configuration.Shell),
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
        MediaType = LayerMediaType(layer.Compression),
        Digest = layer.BlobDigest,
        Size = layer.BlobSize,
    };

    /// <summary>The media type of a layer.</summary>
    /// <param name="compression">How it is compressed.</param>
    /// <returns>OCI's media type.</returns>
    public static string LayerMediaType(LayerCompressionKind compression) => compression switch
    {
        LayerCompressionKind.Gzip => OciMediaType.LayerGzip,
        LayerCompressionKind.Zstd => OciMediaType.LayerZstd,
        _ => OciMediaType.Layer,
    };

    private static OciHealthcheck MakeHealthcheck(ImageHealthcheck check) => new()
    {
        Test = check.Test,
        Interval = Nanoseconds(check.Interval),
        Timeout = Nanoseconds(check.Timeout),
        StartPeriod = Nanoseconds(check.StartPeriod),
        StartInterval = Nanoseconds(check.StartInterval),
        Retries = check.Retries,
    };

    private static long? Nanoseconds(TimeSpan? time) => time is { } known ? known.Ticks * TimeSpan.NanosecondsPerTick : null;

    private static Dictionary<string, JsonElement>? Keys(IReadOnlyList<string> keys)
    {
        using JsonDocument nothing = JsonDocument.Parse("{}");
        JsonElement value = nothing.RootElement.Clone();
        return keys.Count == 0 ? null : keys.Distinct(StringComparer.Ordinal).ToDictionary(key => key, _ => value, StringComparer.Ordinal);
    }

    private static IReadOnlyList<string>? NullIfEmpty(IReadOnlyList<string> list) => list.Count == 0 ? null : list;

    private static EngineException Wrong(string key, string value, string rule)
    {
        string shown = EntryName.Show(System.Text.Encoding.UTF8.GetBytes(value));
        return new EngineException(EngineErrorReason.InvalidArgument, key, $"The image's {key} '{shown}' is wrong: {rule}.");
    }
}
