using System.Diagnostics;
using System.Text.Json;
using Containers.Engine.Registry;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Registry;

public sealed class CredentialStoreTests : IDisposable
{
    private readonly ScratchFolder scratch = new();
    private readonly string file;

    public CredentialStoreTests() => file = $"{scratch.MakeFolder("docker")}/config.json";

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData("https://index.docker.io/v1/", "docker.io")]
    [InlineData("docker.io", "index.docker.io")]
    [InlineData("registry.example:5000", "registry.example:5000")]
    [InlineData("https://registry.example", "Registry.Example")]
    [InlineData("http://registry.example/v2/", "registry.example")]
    public void An_entry_is_found_by_the_host_that_it_means(string key, string host)
    {
        Write(key, "me:se:cret");
        RegistryCredential found = Open().Find(host)!;
        Assert.Equal(("me", "se:cret", false), (found.User, found.Secret, found.IsIdentityToken));
        Assert.DoesNotContain("se:cret", found.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("registry.example", "registry.example:5000")]
    [InlineData("registry.example:5000", "registry.example")]
    [InlineData("registry.example/team", "registry.example")]
    [InlineData("https://registry.example/team/", "registry.example")]
    [InlineData("registry.example.evil.example", "registry.example")]
    [InlineData("evil.example/registry.example", "registry.example")]
    public void An_entry_for_something_else_is_not_taken(string key, string host)
    {
        Write(key, "me:secret");
        Assert.Null(Open().Find(host));
    }

    [Fact]
    public void The_files_are_asked_in_order_and_those_that_are_missing_do_no_harm()
    {
        Write("b.example", "me:docker");
        File.WriteAllText($"{scratch.Path}/auth.json", """{"auths":{"a.example":{"auth":"bWU6b3RoZXI="},"b.example":{"auth":"bWU6b3RoZXI="}}}""");
        var store = new CredentialStore([$"{scratch.Path}/missing.json", file, $"{scratch.Path}/auth.json"], "");
        Assert.Equal("docker", store.Find("b.example")!.Secret);
        Assert.Equal("other", store.Find("a.example")!.Secret);
        Assert.Null(store.Find("c.example"));
    }

    [Fact]
    public void What_is_saved_as_plain_text_is_readable_for_the_owner_alone_and_everything_else_in_the_file_is_kept()
    {
        File.WriteAllText(file, """{"auths":{"https://index.docker.io/v1/":{"auth":"eDp5","email":"a@b"},"a.example":{"auth":"eDp5"}},"HttpHeaders":{"X":"y"},"detachKeys":"ctrl-e,e"}""");
        File.SetUnixFileMode(file, (UnixFileMode)0x1A4);
        CredentialStore store = Open();
        store.Save("registry.example:5000", "me", "se:cret", asPlainText: true);
        store.Save("a.example", "you", "new", asPlainText: true);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        JsonElement root = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
        Assert.Equal("y", root.GetProperty("HttpHeaders").GetProperty("X").GetString());
        Assert.Equal("ctrl-e,e", root.GetProperty("detachKeys").GetString());
        Assert.Equal("a@b", root.GetProperty("auths").GetProperty("https://index.docker.io/v1/").GetProperty("email").GetString());
        Assert.Equal("se:cret", store.Find("registry.example:5000")!.Secret);
        Assert.Equal(("you", "new"), (store.Find("a.example")!.User, store.Find("a.example")!.Secret));
        Assert.Equal([file], Directory.GetFiles($"{scratch.Path}/docker"));
    }

    [Fact]
    public void The_folder_is_made_for_the_owner_alone_and_a_link_stays_one()
    {
        var store = new CredentialStore([$"{scratch.Path}/new/folder/config.json"], "");
        store.Save("docker.io", "me", "secret", asPlainText: true);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode($"{scratch.Path}/new/folder"));
        Assert.Contains("https://index.docker.io/v1/", File.ReadAllText($"{scratch.Path}/new/folder/config.json"), StringComparison.Ordinal);

        File.WriteAllText($"{scratch.Path}/real.json", "{}");
        File.CreateSymbolicLink(file, "../real.json");
        Open().Save("a.example", "me", "secret", asPlainText: true);
        Assert.NotNull(new FileInfo(file).LinkTarget);
        Assert.Contains("a.example", File.ReadAllText($"{scratch.Path}/real.json"), StringComparison.Ordinal);
    }

    [Fact]
    public void Plain_text_is_written_only_when_asked_for()
    {
        EngineException failure = RegistryFixture.Fails(() => Open().Save("a.example", "me", "secret", asPlainText: false));
        Assert.Equal(EngineErrorReason.InvalidArgument, failure.Reason);
        Assert.Contains("credsStore", failure.Message, StringComparison.Ordinal);
        Assert.Contains("-AsPlainText", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret\"", failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public void Forgetting_takes_all_entries_of_the_host_and_no_other()
    {
        File.WriteAllText(file, """{"auths":{"https://index.docker.io/v1/":{"auth":"eDp5"},"docker.io":{"auth":"eDp5"},"a.example":{"auth":"eDp5"}}}""");
        CredentialStore store = Open();
        Assert.True(store.Erase("docker.io"));
        Assert.False(store.Erase("docker.io"));
        Assert.Null(store.Find("docker.io"));
        Assert.NotNull(store.Find("a.example"));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("""{"auths":{"a.example":{"auth":"%%%"}}}""")]
    [InlineData("""{"auths":{"a.example":{"auth":"bm9jb2xvbg=="}}}""")]
    public void A_damaged_file_is_reported_and_never_overwritten(string text)
    {
        File.WriteAllText(file, text);
        Assert.Equal(EngineErrorReason.InvalidConfiguration, RegistryFixture.Fails(() => Open().Find("a.example")).Reason);
        if (text[0] != '{')
        {
            Assert.Equal(EngineErrorReason.InvalidConfiguration, RegistryFixture.Fails(() => Open().Save("a.example", "me", "x", asPlainText: true)).Reason);
            Assert.Equal(text, File.ReadAllText(file));
        }
    }

    [Fact]
    public void A_helper_keeps_gives_and_forgets_credentials_and_the_file_holds_none()
    {
        File.WriteAllText(file, """{"credsStore":"vault","credHelpers":{"other.example":"broken"}}""");
        WriteHelper("vault", """
            case "$1" in
            store) cat >kept ;;
            get) read -r host; if [ -e kept ] && grep -q "\"$host\"" kept; then cat kept; else echo 'credentials not found in native keychain'; exit 1; fi ;;
            erase) read -r host; grep -q "\"$host\"" kept && rm kept ;;
            esac
            """);
        CredentialStore store = Open();
        Assert.Null(store.Find("a.example"));
        store.Save("a.example", "me", "se\"cret", asPlainText: false);
        Assert.Equal(("me", "se\"cret"), (store.Find("a.example")!.User, store.Find("a.example")!.Secret));
        Assert.Null(store.Find("b.example"));
        Assert.DoesNotContain("a.example", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.True(store.Erase("a.example"));
        Assert.Null(store.Find("a.example"));
        EngineException failure = RegistryFixture.Fails(() => store.Find("other.example"));
        Assert.Equal(EngineErrorReason.AuthenticationFailed, failure.Reason);
        Assert.Contains("docker-credential-broken", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_helper_may_give_an_identity_token()
    {
        File.WriteAllText(file, """{"credHelpers":{"a.example":"vault"}}""");
        WriteHelper("vault", """echo '{"ServerURL":"a.example","Username":"<token>","Secret":"identity"}'""");
        Assert.True(Open().Find("a.example")!.IsIdentityToken);
        Assert.Null(Open().Find("b.example"));
    }

    [Theory]
    [InlineData("echo nonsense")]
    [InlineData("exit 3")]
    [InlineData("""printf 'oh \033[31mno\n'; exit 1""")]
    [InlineData("""while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done""")]
    public void A_helper_that_fails_or_talks_without_end_is_reported(string script)
    {
        File.WriteAllText(file, """{"credsStore":"vault"}""");
        WriteHelper("vault", script);
        Assert.Equal(EngineErrorReason.AuthenticationFailed, RegistryFixture.Fails(() => Open().Find("a.example")).Reason);
    }

    [Fact]
    public void A_helper_that_does_not_answer_is_ended()
    {
        WriteHelper("vault", "echo $$ >pid; sleep 1000");
        var helpers = new CredentialHelpers($"{scratch.Path}/helpers") { Limit = TimeSpan.FromMilliseconds(700) };
        var watch = Stopwatch.StartNew();
        Assert.Equal(EngineErrorReason.AuthenticationFailed, RegistryFixture.Fails(() => helpers.Get("vault", "a.example", file, CancellationToken.None)).Reason);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10));
        string pid = File.ReadAllText($"{scratch.Path}/helpers/pid").Trim();
        Assert.True(EngineFixture.Patiently(() => !Directory.Exists($"/proc/{pid}")), "the helper still runs");
    }

    [Theory]
    [InlineData("../../evil")]
    [InlineData("a b")]
    [InlineData("missing")]
    public void A_helper_is_a_program_of_the_search_path_by_its_bare_name(string name)
    {
        File.WriteAllText(file, JsonSerializer.Serialize(new { credsStore = name }));
        WriteHelper("ok", "exit 0");
        Assert.Contains("there is no such program in PATH", RegistryFixture.Fails(() => Open().Find("a.example")).Message, StringComparison.Ordinal);
    }

    private CredentialStore Open() => new([file], $"relative:{scratch.Path}/helpers");

    private void Write(string key, string pair) => File.WriteAllText(
        file, JsonSerializer.Serialize(new { auths = new Dictionary<string, object> { [key] = new { auth = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(pair)) } } }));

    private void WriteHelper(string name, string script)
    {
        string path = $"{scratch.MakeFolder("helpers")}/docker-credential-{name}";
        File.WriteAllText(path, $"#!/bin/sh\ncd '{scratch.Path}/helpers'\n{script}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0x1ED);
    }
}
