using Containers.Engine.Images;
using Containers.Engine.Images.Archives;
using Containers.Engine.Layers;
using Containers.Engine.Registry;
using CsCheck;

namespace Containers.Engine.Tests.Corpus;

/// <summary>
/// The readers of archives and documents on a corpus that is kept: what several programs wrote, what is cut off, what contradicts itself; as it is, and changed at random.
/// Whatever once broke a reader belongs here. A reader gives a result or the engine's own failure, whose message no terminal obeys.
/// </summary>
public sealed class CorpusTests
{
    private const int Changes = 400;

    public static TheoryData<string> Archives => Files("tar");

    public static TheoryData<string> Documents => Files("json");

    [Theory]
    [MemberData(nameof(Archives))]
    public void An_archive_is_read_or_refused(string file) => Try(file, ReadArchive);

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_document_is_read_or_refused_by_each_reader(string file)
    {
        string[] types = [OciMediaType.Manifest, OciMediaType.Index, OciMediaType.DockerManifest, OciMediaType.DockerManifestList];
        foreach (string type in types)
        {
            Try(file, bytes => RemoteManifest.Read(bytes, type, "app"));
            Try(file, bytes => ArchivedManifests.ReadIndex(bytes, type, "app"));
            Try(file, bytes => ArchivedManifests.ReadManifest(bytes, type, "app"));
        }

        Try(file, bytes => RemoteManifest.Read(bytes, null, "app"));
        Try(file, bytes => ArchiveFiles.Parse(bytes, ArchiveJson.Default.ListDockerArchiveImage, "app"));
        Try(file, bytes => ArchivedImage.DiffIds(bytes, "app", 1));
        Try(file, bytes => ImageIntakeDocuments.Check(new ImageDescription(bytes), []));
    }

    private static TheoryData<string> Files(string kind) =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Corpus", kind)).Select(path => $"{kind}/{Path.GetFileName(path)}").Order(StringComparer.Ordinal)];

    private static void Try(string file, Action<byte[]> read)
    {
        byte[] original = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Corpus", file));
        Assert.True(Holds(original, read));
        Gen<byte[]> changed =
            from edits in Gen.Select(Gen.Int[0, original.Length - 1], Gen.Byte).Array[0, 8]
            from cut in Gen.Int[1, original.Length * 4]
            select Change(original, edits, cut);
        changed.Sample(bytes => Holds(bytes, read), iter: Changes, threads: 1);
    }

    private static byte[] Change(byte[] original, (int At, byte Value)[] edits, int cut)
    {
        byte[] bytes = [.. original];
        foreach ((int at, byte value) in edits)
        {
            bytes[at] = value;
        }

        return cut < bytes.Length ? bytes[..cut] : bytes;
    }

    private static bool Holds(byte[] bytes, Action<byte[]> read)
    {
        try
        {
            read(bytes);
            return true;
        }
        catch (EngineException failure)
        {
            return !failure.Message.Any(char.IsControl);
        }
    }

    private static void ReadArchive(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        using var input = new ArchiveInput(stream, ExtractionLimits.Default, tap: null, CancellationToken.None);
        Stream tar = LayerCompression.Open(input, out _);
        using var source = new ReadAheadSource(input, tar, ExtractionLimits.Default, tap: null, CancellationToken.None);
        var reader = new TarReader(source, ExtractionLimits.Default);
        while (reader.Next() is not null)
        {
            while (!reader.ReadContent().IsEmpty)
            {
            }
        }

        reader.Drain();
    }
}
