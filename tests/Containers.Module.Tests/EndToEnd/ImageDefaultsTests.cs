namespace Containers.Module.Tests.EndToEnd;

/// <summary>Entry points, variables from files, and labels, over what the image says.</summary>
public sealed class ImageDefaultsTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void An_entry_point_replaces_the_images_and_an_empty_one_takes_it_away()
    {
        _engine.Run($"$null = Import-ContainerImage {SmallArchive.Make(_engine.Root)} -Name small -Entrypoint /bin/busybox, echo, entry -Cmd cmd -Label a=image, b=image");
        Assert.Equal(["entry cmd"], _engine.Run("Invoke-Container small -Rm").Lines);
        Assert.Equal(["entry own"], _engine.Run("Invoke-Container small -Rm -- own").Lines);
        Assert.Equal(["other own"], _engine.Run("Invoke-Container small -Rm -Entrypoint /bin/busybox, echo, other -- own").Lines);
        Assert.Equal([""], _engine.Run("Invoke-Container small -Rm -Entrypoint /bin/busybox, echo").Lines);
        Assert.Equal(["own"], _engine.Run("Invoke-Container small -Rm -Entrypoint '' -- /bin/busybox echo own").Lines);
        Assert.StartsWith("ContainerArgumentInvalid,", _engine.Fails("Invoke-Container small -Rm -Entrypoint ''").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(
            "cannot be an empty text", _engine.Fails("Invoke-Container small -Entrypoint '', x").ToString(), StringComparison.Ordinal);
        Assert.Equal(["image own"], _engine.Run("$c = New-Container small -Label b=own; \"$($c.Label['a']) $($c.Label['b'])\"").Lines);
    }

    [Fact]
    public void Files_of_variables_are_read_as_docker_reads_them()
    {
        Environment.SetEnvironmentVariable("CONTAINERS_TEST_SET", "session");
        Environment.SetEnvironmentVariable("CONTAINERS_TEST_UNSET", null);
        try
        {
            File.WriteAllText($"{_engine.Root}/one.env", "\uFEFF# a comment\n\n  A=1\nB= two \"quoted\" # no comment\r\nC=\nCONTAINERS_TEST_SET\nCONTAINERS_TEST_UNSET\nE=a=b\nF=first\n");
            File.WriteAllText($"{_engine.Root}/two.env", "F=second\nG=file");
            var made = Assert.IsType<Container>(_engine.Run($"New-Container host -EnvFile {_engine.Root}/one.env, {_engine.Root}/two.env -Env G=own -- true").Single);
            Assert.Equal(
                ["A=1", "B= two \"quoted\" # no comment", "C=", "CONTAINERS_TEST_SET=session", "E=a=b", "F=second", "G=own"],
                made.Env.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal));
        }
        finally
        {
            Environment.SetEnvironmentVariable("CONTAINERS_TEST_SET", null);
        }
    }

    [Theory]
    [InlineData("A=1\n=x\n", "line 2", "EnvFileInvalid")]
    [InlineData("A B=1\n", "line 1", "EnvFileInvalid")]
    [InlineData("A=1\nB\tC\n", "line 2", "EnvFileInvalid")]
    [InlineData("A=\0\n", "NUL", "EnvFileInvalid")]
    [InlineData(null, "cannot be read", "EnvFileNotReadable")]
    public void A_file_that_is_none_is_refused_with_its_line(string? text, string shown, string id)
    {
        var file = $"{_engine.Root}/bad.env";
        if (text is not null)
        {
            File.WriteAllText(file, text);
        }

        var error = _engine.Fails($"New-Container host -EnvFile {file} -- true");
        Assert.StartsWith($"{id},", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(shown, error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_engine.Run("Get-Container").Output);
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/bin/busybox")]
    public void What_is_no_text_or_endless_is_refused(string path) =>
        Assert.StartsWith(
            "EnvFileInvalid,", _engine.Fails($"New-Container host -EnvFile {path} -- true").FullyQualifiedErrorId, StringComparison.Ordinal);
}
