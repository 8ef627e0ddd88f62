using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Containers.Module.Tests.EndToEnd;

/// <summary>Images to and from the real registry program.</summary>
public sealed class RegistryTests : IDisposable
{
    private const string DockerVariable = "DOCKER_CONFIG";

    private readonly string? _dockerBefore = Environment.GetEnvironmentVariable(DockerVariable);
    private readonly EngineSessionFixture _engine = new();
    private LocalRegistry? _registry;

    public RegistryTests() => Environment.SetEnvironmentVariable(DockerVariable, Path.Combine(_engine.Root, "docker"));

    private string Host => _registry!.Host;

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(DockerVariable, _dockerBefore);
        _registry?.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public void An_image_is_sent_found_and_received()
    {
        Start();
        _engine.Run($"$null = Import-ContainerImage {Archive()} -Name small:1 -Cmd /bin/busybox, echo, hello");
        Assert.Empty(_engine.Run($"Publish-ContainerImage small:1 {Host}/team/small:1 -WhatIf").Output);
        var sent = Assert.IsType<ContainerPublication>(_engine.Run($"Publish-ContainerImage small:1 {Host}/team/small:1").Single);
        Assert.Equal($"{Host}/team/small:1", sent.Name);
        Assert.Equal([$"{Host}/team/small:2@{sent.Digest}"], _engine.Run($"Get-ContainerImage small:1 | Push-ContainerImage -Destination {Host}/team/small:2").Lines);

        Assert.Equal([$"{Host}/team/small:1", $"{Host}/team/small:2"], _engine.Run($"Find-ContainerImage {Host}/team/small").Lines.Order(StringComparer.Ordinal));
        Assert.Equal(["2"], _engine.Run($"(Find-ContainerImage {Host}/team/small -Tag 2*).Tag").Lines);
        Assert.StartsWith("ContainerImageNotFound,", _engine.Fails($"Find-ContainerImage {Host}/nothing").FullyQualifiedErrorId, StringComparison.Ordinal);

        _engine.Run("Remove-ContainerImage small:1");
        Assert.Empty(_engine.Run($"Receive-ContainerImage {Host}/team/small:1 -WhatIf").Output);
        var received = Assert.IsType<ContainerImage>(_engine.Run($"Receive-ContainerImage {Host}/team/small:1").Single);
        Assert.Equal(($"{Host}/team/small:1", sent.Digest, $"{Host}/team/small@{sent.Digest}"), (received.Name, received.Digest, received.Origin));
        Assert.Equal(["hello"], _engine.Run($"Invoke-Container {Host}/team/small:1 -Rm").Lines);
        Assert.Equal([$"{Host}/team/small:2"], _engine.Run($"Find-ContainerImage {Host}/team/small -Tag 2 | Pull-ContainerImage").Lines);
        Assert.Contains(_engine.Session.Shown.Progress, record => record.Activity == $"Receiving {Host}/team/small:1" && record.RecordType == System.Management.Automation.ProgressRecordType.Completed);
    }

    [Fact]
    public void An_image_is_sent_under_no_other_name_than_was_asked_for()
    {
        Start();
        Send("one", $"{Host}/team/small:1");
        var digest = _engine.Run($"(Receive-ContainerImage {Host}/team/small:1).Digest").Lines[0];
        var asked = $"{Host}/team/small@{digest}";
        _engine.Run($"Add-ContainerImageTag {asked} {Host}/other:1");
        Assert.Equal([$"{Host}/team/small:1@{digest}"], _engine.Run($"Publish-ContainerImage {asked}").Lines);
        Assert.StartsWith("ContainerImageArgumentInvalid,", _engine.Fails($"Publish-ContainerImage (Get-ContainerImage {asked}).Id").FullyQualifiedErrorId, StringComparison.Ordinal);

        // By its id it does not lose one of several names.
        Assert.StartsWith("ContainerImageInUse,", _engine.Fails($"Remove-ContainerImage (Get-ContainerImage {asked}).Id").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(3, _engine.Run("Get-ContainerImage").Output.Count);
        _engine.Run($"Remove-ContainerImage {Host}/team/small:1");
        Assert.StartsWith("ContainerImageArgumentInvalid,", _engine.Fails($"Publish-ContainerImage {asked} -WhatIf").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal([$"{Host}/given:1@{digest}"], _engine.Run($"Publish-ContainerImage {asked} {Host}/given:1").Lines);
        Assert.StartsWith("ContainerImageNotFound,", _engine.Fails($"Find-ContainerImage {Host}/other").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_that_cannot_be_sent_keeps_no_other_from_it_and_two_get_no_one_name()
    {
        Start();
        Send("one", $"{Host}/small:1");
        var digest = _engine.Run($"(Receive-ContainerImage {Host}/small:1).Digest; Remove-ContainerImage {Host}/small:1").Lines[0];
        Send("two", $"{Host}/small:2");
        var both = _engine.Run($"Receive-ContainerImage {Host}/small@{digest}, {Host}/small:2").Output;
        var result = _engine.Session.Run("$input | Publish-ContainerImage", both);
        Assert.StartsWith("ContainerImageArgumentInvalid,", Assert.Single(result.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith($"{Host}/small:2@", Assert.Single(result.Lines), StringComparison.Ordinal);

        result = _engine.Session.Run($"$input | Publish-ContainerImage -Destination {Host}/both", both);
        Assert.StartsWith("OneNameForSeveralImages,", Assert.Single(result.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("ContainerImageNotFound,", _engine.Fails($"Find-ContainerImage {Host}/both").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Receive-ContainerImage {0}/none")]
    [InlineData("Find-ContainerImage {0}/none")]
    public void Receiving_is_no_advice_where_it_is_what_failed(string script)
    {
        Start();
        var failure = _engine.Fails(string.Format(System.Globalization.CultureInfo.InvariantCulture, script, Host));
        Assert.StartsWith("ContainerImageNotFound,", failure.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Null(failure.ErrorDetails);
        Assert.Contains("Receive-ContainerImage", _engine.Fails("Get-ContainerImage none").ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void The_policy_says_when_a_containers_image_is_received()
    {
        Start();
        var image = $"{Host}/small:1";
        Send("first", image);
        Assert.StartsWith("ContainerImageNotFound,", _engine.Fails($"New-Container {image}").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("ContainerImageNotFound,", _engine.Fails($"Invoke-Container {image} -Rm -Pull Never").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["first"], _engine.Run($"Invoke-Container {image} -Rm -Pull Missing").Lines);

        Send("second", image, remove: false);
        Assert.Equal(["first"], _engine.Run($"Invoke-Container {image} -Rm -Pull Missing").Lines);
        Assert.Equal(["first"], _engine.Run($"Invoke-Container {image} -Rm").Lines);
        Assert.Equal(["second"], _engine.Run($"Invoke-Container {image} -Rm -Pull Always").Lines);

        _engine.Run($"Remove-ContainerImage {image}; Set-ContainerConfiguration -ImagePull Missing");
        Assert.Equal([image], _engine.Run($"(New-Container {image} -Name made).Image").Lines);
        Assert.StartsWith("ContainerImageNotFound,", _engine.Fails($"New-Container {Host}/small:none").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("ContainerImageNotFound,", _engine.Fails("New-Container sha256:0123456789ab").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["host"], _engine.Run("(New-Container host -Pull Always -- true).Image").Lines);
        var id = _engine.Run($"(Get-ContainerImage {image}).Id").Lines[0];
        Assert.Equal([id], _engine.Run($"(New-Container {id} -Pull Always).Image").Lines);
    }

    [Fact]
    public void An_image_of_another_platform_is_received_anew_or_refused()
    {
        Start();
        var image = $"{Host}/small:1";
        Send("here", image);
        var machine = _engine.Run($"Set-ContainerConfiguration -ImagePull Missing; (Receive-ContainerImage {image}).Architecture").Lines[0];
        Assert.Equal(["here"], _engine.Run($"Invoke-Container {image} -Rm -Platform linux/{machine}").Lines);
        Assert.StartsWith("ContainerImageNotFound,", _engine.Fails($"New-Container {image} -Platform linux/s390x -Pull Never").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Single(_engine.Session.Run($"New-Container {image} -Platform linux/s390x").Errors);
        Assert.Contains("is no platform", _engine.Fails($"New-Container {image} -Platform a/b/c/d").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Signing_in_is_tried_kept_used_and_forgotten()
    {
        Start(hasPassword: true);
        var credential = $"[pscredential]::new('{LocalRegistry.User}', [System.Net.NetworkCredential]::new('', '{LocalRegistry.Secret}').SecurePassword)";
        _engine.Run($"$null = Import-ContainerImage {Archive()} -Name small -Cmd /bin/busybox, true");
        Assert.StartsWith("ContainerRegistryAuthenticationFailed,", _engine.Fails($"Publish-ContainerImage small {Host}/small").FullyQualifiedErrorId, StringComparison.Ordinal);

        var wrong = _engine.Fails($"Connect-ContainerRegistry {Host} ([pscredential]::new('{LocalRegistry.User}', [System.Net.NetworkCredential]::new('', 'wrong').SecurePassword)) -AsPlainText");
        Assert.StartsWith("ContainerRegistryAuthenticationFailed,", wrong.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", wrong.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("ContainerRegistryArgumentInvalid,", _engine.Fails($"Connect-ContainerRegistry {Host} ({credential})").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.False(File.Exists($"{_engine.Root}/docker/config.json"));

        Assert.Empty(_engine.Run($"Connect-ContainerRegistry {Host} ({credential}) -AsPlainText -WhatIf").Output);
        var login = Assert.IsType<ContainerRegistryLogin>(_engine.Run($"Connect-ContainerRegistry {Host} ({credential}) -AsPlainText -PassThru").Single);
        Assert.Equal((Host, LocalRegistry.User), (login.Registry, login.UserName));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode($"{_engine.Root}/docker/config.json"));
        _engine.Run($"$null = Publish-ContainerImage small {Host}/small; $null = Receive-ContainerImage {Host}/small");

        Assert.Equal([Host], _engine.Run($"'{Host}' | Disconnect-ContainerRegistry -PassThru").Lines);
        Assert.StartsWith("ContainerRegistryNotFound,", _engine.Fails($"Disconnect-ContainerRegistry {Host}").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("ContainerRegistryAuthenticationFailed,", _engine.Fails($"Receive-ContainerImage {Host}/small").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mirror_of_the_configuration_is_asked_in_a_registrys_place()
    {
        Start();
        Send("mirrored", $"{Host}/team/small:1");
        _engine.Run($"Set-ContainerConfiguration -ImagePull Missing -Registry @{{ Registry = 'registry.invalid'; Mirror = 'http://{Host}'; Insecure = $true }}");
        Assert.Equal(["mirrored"], _engine.Run("Invoke-Container registry.invalid/team/small:1 -Rm").Lines);
        Assert.Equal(["registry.invalid/team/small:1"], _engine.Run("Get-ContainerImage registry*").Lines);
    }

    [Fact]
    public void The_built_in_image_is_not_sent() =>
        Assert.StartsWith("ContainerImageNotSupported,", _engine.Fails("Publish-ContainerImage host 127.0.0.1:1/host").FullyQualifiedErrorId, StringComparison.Ordinal);

    [Fact]
    public void A_registry_that_is_not_there_is_an_error_of_its_own()
    {
        var result = _engine.Session.Run("Invoke-Container 127.0.0.1:1/none -Pull Always -Rm -- true; $LASTEXITCODE");
        Assert.StartsWith("ContainerRegistryConnectionFailed,", Assert.Single(result.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["125"], result.Lines);
    }

    [Theory]
    [InlineData("Receive-ContainerImage {0}/small")]
    [InlineData("Invoke-Container {0}/small -Pull Missing -Rm -- true")]
    [InlineData("New-Container {0}/small -Pull Missing -- true")]
    [InlineData("Find-ContainerImage {0}/small")]
    public void Ctrl_C_ends_it_at_once_and_leaves_nothing(string script)
    {
        // Takes connections and never answers.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var pipeline = _engine.Session.CreatePipeline(string.Format(System.Globalization.CultureInfo.InvariantCulture, script, silent.LocalEndpoint));
        _ = pipeline.BeginInvoke();
        using (silent.AcceptTcpClient())
        {
            var watch = Stopwatch.StartNew();
            pipeline.Stop();
            Assert.InRange(watch.ElapsedMilliseconds, 0, 5000);
        }

        Assert.Empty(_engine.Run("Get-Container").Output);
        Assert.Equal(["host"], _engine.Run("Get-ContainerImage").Lines);
        Assert.Empty(Directory.GetFileSystemEntries($"{_engine.Root}/state/staging"));
    }

    [Fact]
    public void Registries_and_repositories_are_completed()
    {
        _engine.Run($"$null = Import-ContainerImage {Archive()} -Name reg.example.org:5000/team/app:1; Set-ContainerConfiguration -Registry @{{ Registry = 'other.example.org' }}");
        Assert.Equal(["docker.io", "other.example.org", "reg.example.org:5000"], _engine.Session.Complete("Connect-ContainerRegistry -Registry "));
        Assert.Equal(["reg.example.org:5000/team/app"], _engine.Session.Complete("Find-ContainerImage reg"));
        Assert.Equal(["linux/arm64"], _engine.Session.Complete("Receive-ContainerImage x -Platform linux/arm6"));
        Assert.Equal(["Missing"], _engine.Session.Complete("New-Container x -Pull M"));
    }

    private void Start(bool hasPassword = false) => _registry = new LocalRegistry(_engine.Root, hasPassword);

    private string Archive() => SmallArchive.Make(_engine.Root);

    private void Send(string word, string image, bool remove = true) => _engine.Run(
        $"$null = Import-ContainerImage {Archive()} -Name sent -Cmd /bin/busybox, echo, {word}; $null = Publish-ContainerImage sent {image}"
        + (remove ? "; Remove-ContainerImage sent" : ""));
}
