using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Storage;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Registry;

/// <summary>A store, and a door to registries whose waits are short and whose credentials are files of the test.</summary>
internal sealed class RegistryFixture : IDisposable
{
    private readonly List<IDisposable> opened = [];

    public RegistryFixture()
    {
        Store = new ImageStore(new StorageRoots($"{Scratch.Path}/state", $"{Scratch.Path}/run"), () => []);
        Settings = new RegistrySettings
        {
            CertificateFolders = [$"{Scratch.Path}/certs.d"],
            FirstRetryDelay = TimeSpan.FromMilliseconds(5),
            LongestRetryDelay = TimeSpan.FromSeconds(2),
            StallTimeout = TimeSpan.FromSeconds(10),
            ConnectTimeout = TimeSpan.FromSeconds(10),
        };
        Credentials = new CredentialStore([$"{Scratch.Path}/docker/config.json"], $"{Scratch.Path}/helpers");
    }

    public ScratchFolder Scratch { get; } = new();

    public ImageStore Store { get; }

    public RegistrySettings Settings { get; set; }

    public CredentialStore Credentials { get; }

    /// <summary>A new door with the settings as they are now.</summary>
    public ImageRegistry Open()
    {
        var registry = new ImageRegistry(Store, Settings, Credentials);
        opened.Add(registry);
        return registry;
    }

    public void Configure(string host, RegistryHostSettings settings) =>
        Settings = Settings with { Hosts = new Dictionary<string, RegistryHostSettings>(Settings.Hosts, StringComparer.Ordinal) { [host] = settings } };

    public ImageInfo Receive(string name, string? platform = null) =>
        Open().Receive(name, platform is null ? null : ImagePlatform.Parse(platform), null, TestContext.Current.CancellationToken);

    public EngineException ReceiveFails(string name, string? platform = null)
    {
        EngineException failure = Fails(() => Receive(name, platform));
        AssertEmpty();
        return failure;
    }

    public static EngineException Fails(Action action)
    {
        EngineException failure = Assert.Throws<EngineException>(action);
        Assert.DoesNotContain(failure.Message, char.IsControl);
        return failure;
    }

    /// <summary>Nothing was left in the store.</summary>
    public void AssertEmpty()
    {
        Assert.Single(Store.List());
        foreach (string folder in (string[])["staging", "layers", "images/blobs/sha256"])
        {
            Assert.Empty(Directory.GetFileSystemEntries($"{Scratch.Path}/state/{folder}"));
        }
    }

    /// <summary>Makes an OCI layout with umoci: a base layer and one above.</summary>
    public void MakeLayout(string layout = "layout", string tag = "1.0", string greeting = "hello", int size = 0)
    {
        ScratchFolder.SkipWithout("umoci");
        string over = $"{Scratch.Path}/{layout}-{tag}.tar";
        string basis = $"{Scratch.Path}/base.tar";
        byte[] big = new byte[size];
        new Random(1).NextBytes(big);
        File.WriteAllBytes(basis, new TarBuilder().Folder("./").Folder("./etc").File("./etc/base", "base").End());
        File.WriteAllBytes(over, new TarBuilder().Folder("./").Folder("./etc").File("./etc/greeting", greeting).Raw(TarBuilder.Header("./big", size: size)).Content(big).End());
        if (!Directory.Exists($"{Scratch.Path}/{layout}"))
        {
            Scratch.Shell($"umoci init --layout {layout}");
        }

        Scratch.Shell($"umoci new --image {layout}:{tag}; umoci raw add-layer --image {layout}:{tag} {basis}; umoci raw add-layer --image {layout}:{tag} {over}; umoci config --image {layout}:{tag} --config.cmd /bin/app --config.env A=b");
    }

    public string ReadFile(ImageInfo image, int layer, string path) => File.ReadAllText($"{Store.LayerFolders(image)[layer]}/{path}");

    public void WriteCredentials(object document) => WriteCredentials(JsonSerializer.Serialize(document));

    public void WriteCredentials(string text)
    {
        Scratch.MakeFolder("docker");
        File.WriteAllText($"{Scratch.Path}/docker/config.json", text);
    }

    public void Dispose()
    {
        opened.ForEach(one => one.Dispose());
        Store.Dispose();
        Scratch.Dispose();
    }
}
