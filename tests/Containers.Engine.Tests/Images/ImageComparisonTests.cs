using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Layers;
using Containers.Engine.Storage;
using Containers.Engine.Tests.Layers;
using Containers.Interop;

namespace Containers.Engine.Tests.Images;

public sealed class ImageComparisonTests : IDisposable
{
    private readonly WrittenTree tree = new();
    private readonly ImageStore store;

    public ImageComparisonTests() => store = new ImageStore(new StorageRoots($"{tree.Scratch.Path}/state", $"{tree.Scratch.Path}/run"), () => []);

    public void Dispose()
    {
        store.Dispose();
        tree.Scratch.Shell("for m in merged before after; do mountpoint -q $m && umount $m; done; true");
        tree.Dispose();
    }

    [Fact]
    public void What_a_layer_adds_changes_and_removes_is_told_by_path()
    {
        tree.Scratch.Shell("""
            mkdir -p lower/d/sub lower/gone/x lower/o lower/t; for f in lower/d/same lower/d/content lower/d/mode lower/d/owner lower/d/sub/deep lower/gone/x/y lower/o/hidden lower/t/inner; do echo 12345 > $f; done; ln -s a lower/link; mknod lower/dev c 1 3; echo > lower/d-e
            mkdir upper work merged; mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged; cd merged
            echo 54321 > d/content; chmod 600 d/mode; chown 5 d/owner; touch d/same; rm -r gone o; mkdir o; echo > o/new; rm link; ln -s b link; rm dev; mknod dev c 1 5; rm -r t; echo t > t; setfattr -n user.x -v 1 d/sub; mkfifo pipe; rm d-e
            """);
        Make("one", "lower");
        Make("two", "lower", "upper");
        Assert.Equal(
            [
                "C /d/content Content", "C /d/mode Mode", "C /d/owner Owner", "C /d/sub Attributes", "R /d-e", "C /dev Device", "R /gone", "R /gone/x", "R /gone/x/y", "C /link Target",
                "R /o/hidden", "A /o/new", "A /pipe", "C /t Type, Mode", "R /t/inner",
            ],
            Show(store.Compare("one", "two")));
        Assert.Contains("C /d/same Time", Show(store.Compare("one", "two", withTimes: true)));
        FileDifference content = store.Compare("one", "two").Single(one => one.Path == "/t");
        Assert.Equal((FileKind.Folder, FileKind.Regular, 0L, 2L), (content.Before!.Value, content.After!.Value, content.SizeBefore, content.SizeAfter));

        // The other way round, what was added is removed.
        Assert.Equal(
            Show(store.Compare("one", "two")).Select(line => line[0] switch { 'A' => "R" + line[1..], 'R' => "A" + line[1..], _ => line }),
            Show(store.Compare("two", "one")));
        Assert.Empty(store.Compare("two", "two"));
    }

    [Fact]
    public void The_differences_are_those_of_the_mounted_overlays()
    {
        ScratchFolder.SkipWithout("setcap");
        tree.Scratch.Shell(PeerLayerTests.MakeUpper);
        tree.Scratch.Shell(WrittenTree.Everything);

        // Three layers, the middle one with removals, against two that share nothing with them.
        Make("one", "lower", "upper", "src");
        tree.Scratch.Shell("mkdir other; cp -a merged other/; cp -a src other/; mv other/merged third; cp -a --reflink=never third fourth; rm -rf fourth/dir/sub; echo more >> fourth/kept; rm -rf other; for i in $(seq 50); do echo $i > fourth/n$i; done");
        Make("two", "fourth", "src");
        string[] difference = [.. store.Compare("one", "two").Select(one => $"{one.Kind} {Encoding.Latin1.GetString(one.RawPath)}").Order(StringComparer.Ordinal)];
        tree.Scratch.Shell($"mkdir before after; {Mount("one", "before")}; {Mount("two", "after")}");
        Assert.Equal(Oracle(), difference);
        Assert.Contains(difference, line => line == "Changed kept");
        Assert.Contains(difference, line => line == "Removed dir/sub/added");
    }

    [Fact]
    public void Equal_lengths_and_times_do_not_hide_another_content()
    {
        tree.Scratch.Shell("mkdir a b; head -c 300000 /dev/zero > a/f; cp a/f b/f; printf x | dd of=b/f bs=1 seek=299999 conv=notrunc status=none; touch -d @1000 a/f b/f a b");
        Make("one", "a");
        Make("two", "b");
        Assert.Equal(["C /f Content"], Show(store.Compare("one", "two")));
    }

    [Fact]
    public void Names_that_would_act_on_a_terminal_are_escaped_and_long_ones_are_whole()
    {
        tree.Scratch.Shell("mkdir a b; echo > b/$'\\e[31mred\\n\\xff'; echo > b/$(printf 'l%.0s' {1..250})");
        Make("one", "a");
        Make("two", "b");
        List<FileDifference> found = [.. store.Compare("one", "two").Where(one => one.Path.Length > 1)];
        Assert.Equal(["/\\x1b[31mred\\x0a\\xff", "/" + new string('l', 250)], found.Select(one => one.Path));
        Assert.Equal([0x1b, .. "[31mred\n"u8, 0xff], found[0].RawPath);
    }

    [Fact]
    public void Layers_are_compared_with_all_below_them()
    {
        tree.Scratch.Shell("mkdir a b c; echo > a/x; echo > b/y; echo > c/z");
        Make("one", "a", "b", "c");
        IReadOnlyList<string> layers = store.Get("one").Layers;
        Assert.Equal(["A /z"], Show(store.Compare(layers[1], layers[2])));
        Assert.Equal(["A /y", "A /z"], Show(store.Compare(layers[0], "one")));
        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => store.Compare(layers[0], Digest.Of("other"u8)).ToList()).Reason);
    }

    [Fact]
    public void Images_are_kept_while_they_are_compared_and_the_built_in_one_is_refused()
    {
        tree.Scratch.Shell("mkdir a b; echo > b/x; echo > b/y");
        Make("one", "a");
        Make("two", "b");
        var found = new List<string>();
        foreach (FileDifference difference in store.Compare("one", "two"))
        {
            if (found.Count == 0)
            {
                store.Remove("two", force: false);
            }

            found.Add(difference.Path);
        }

        Assert.Equal(["/x", "/y"], found.Where(path => path.Length > 1));
        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => store.Compare("one", "two").ToList()).Reason);
        Assert.Equal(EngineErrorReason.NotSupported, Assert.Throws<EngineException>(() => store.Compare("one", "host").ToList()).Reason);
        Assert.Empty(Directory.GetFileSystemEntries($"{tree.Scratch.Path}/state/staging"));
    }

    private void Make(string name, params string[] folders)
    {
        var options = new LayerWriteOptions { Source = LayerSourceKind.OverlayUpper, Compression = LayerCompressionKind.None };
        string[] archives = [.. folders.Select((_, i) => $"{name}{i}.tar")];
        for (int i = 0; i < folders.Length; i++)
        {
            tree.Write(folders[i], archives[i], options);
        }

        store.TakeIn(
            [new ImageOrigin
            {
                Layers = [.. archives.Select(archive => new LayerOrigin { Open = _ => File.OpenRead($"{tree.Scratch.Path}/{archive}") })],
                Describe = taken => new ImageDescription(taken.Aggregate(ImageConfigEdit.Empty(), (config, layer) => ImageConfigEdit.AddLayer(config, layer.DiffId, new ImageChanges(), DateTimeOffset.UnixEpoch, "test"))),
                Names = [ImageName.Parse(name)],
            }],
            null,
            TestContext.Current.CancellationToken);
    }

    private string Mount(string name, string where) => $"mount -t overlay overlay -o lowerdir={string.Join(':', store.LayerFolders(store.Get(name)).Reverse())} {where}";

    /// <summary>What find, getfattr and sha256sum tell of both, line by line, without times.</summary>
    private IEnumerable<string> Oracle()
    {
        Dictionary<string, string> before = Describe("before"), after = Describe("after");
        return before.Keys.Union(after.Keys).Where(path => before.GetValueOrDefault(path) != after.GetValueOrDefault(path))
            .Select(path => $"{(!before.ContainsKey(path) ? "Added" : !after.ContainsKey(path) ? "Removed" : "Changed")} {path}").Order(StringComparer.Ordinal);

        Dictionary<string, string> Describe(string folder)
        {
            byte[] output = Encoding.Latin1.GetBytes(tree.Scratch.Shell($$"""
                python3 -c 'import os, stat, hashlib, base64
                os.chdir("{{folder}}")
                for top, folders, names in os.walk(b"."):
                    for path in [top] * (top == b".") + [os.path.join(top, n) for n in folders + names]:
                        s = os.lstat(path)
                        text = [stat.S_IFMT(s.st_mode), stat.S_IMODE(s.st_mode), s.st_uid, s.st_gid]
                        if stat.S_ISREG(s.st_mode): text.append(hashlib.sha256(open(path, "rb").read()).hexdigest())
                        if stat.S_ISLNK(s.st_mode): text.append(os.readlink(path))
                        if stat.S_ISCHR(s.st_mode) or stat.S_ISBLK(s.st_mode): text.append(s.st_rdev)
                        text.append(sorted((a, os.getxattr(path, a, follow_symlinks=False)) for a in os.listxattr(path, follow_symlinks=False) if not a.startswith("trusted.overlay.")))
                        print(base64.b64encode(path[2:]).decode(), base64.b64encode(repr(text).encode()).decode())'
                """));
            return Encoding.Latin1.GetString(output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))
                .ToDictionary(parts => Encoding.Latin1.GetString(Convert.FromBase64String(parts[0])), parts => parts[1], StringComparer.Ordinal);
        }
    }

    private static List<string> Show(IEnumerable<FileDifference> differences) =>
        [.. differences.Where(one => one.Path.Length > 1).Select(one => $"{one.Kind.ToString()[0]} {one.Path}{ShowAspects(one.Aspects)}")];

    // Whatever else is changed gets another time too.
    private static string ShowAspects(FileAspects aspects) => aspects switch
    {
        FileAspects.None => string.Empty,
        FileAspects.Time => " Time",
        _ => $" {aspects & ~FileAspects.Time}",
    };
}
