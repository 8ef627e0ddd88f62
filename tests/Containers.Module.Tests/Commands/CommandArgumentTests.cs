using System.Management.Automation;
using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.Commands;

/// <summary>What of a command line arrives in the container, and what is refused with the right spelling.</summary>
public sealed class CommandArgumentTests : IDisposable
{
    private readonly PowerShellSession _session = new(importModule: true, typeof(TestCreationCommand));

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("alpine -- ls -l /", "alpine ls -l /")]
    [InlineData("alpine", "alpine")]
    [InlineData("alpine --", "alpine")]
    [InlineData("-Rm alpine -- ls -Rm", "alpine ls -Rm")]
    [InlineData("alpine -Rm -- ls -l", "alpine ls -l")]
    [InlineData("-- alpine ls -l", "alpine ls -l")]
    [InlineData("-Image alpine -- ls -l", "alpine ls -l")]
    [InlineData("alpine ls /", "alpine ls /")]
    [InlineData("-RootFileSystem /srv/root -- ls -l", "/srv/root ls -l")]
    [InlineData("alpine -- sh -- -c", "alpine sh -- -c")]
    [InlineData("alpine -- ls '' 'a b'", "alpine|ls||a b")]
    [InlineData("alpine -- *.cs ~/x", "alpine *.cs ~/x")]
    [InlineData("alpine -- echo '-x:y' '{}' 'a,b'", "alpine echo -x:y {} a,b")]
    [InlineData("alpine -- echo -x:y", "alpine echo -x: y")] // PowerShell's split: help says to quote it.
    [InlineData("alpine -- echo -Name:x --rm", "alpine echo -Name: x --rm")]
    public void Words_arrive_as_they_are_written(string line, string expected) => Arrives(line, expected);

    [Theory]
    [InlineData("010")]
    [InlineData("1e3")]
    [InlineData("10kb")]
    [InlineData("0x10")]
    [InlineData("1.50")]
    [InlineData("1L")]
    [InlineData("1d")]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("0b11")]
    [InlineData("-5")]
    [InlineData("-010")]
    [InlineData("+3")]
    [InlineData("1..3")]
    [InlineData("100_0")]
    [InlineData("-1e3")]
    public void Numbers_stay_text(string number)
    {
        Arrives($"alpine -- sleep {number}", $"alpine sleep {number}");
        Arrives($"alpine -- {number.TrimStart('-')}", $"alpine {number.TrimStart('-')}");
        Arrives($"alpine -Command sleep -- {number}".Replace("-Command sleep -- ", "-- sleep x ", StringComparison.Ordinal), $"alpine sleep x {number}");
    }

    [Fact]
    public void An_image_that_looks_like_a_number_stays_text() => Arrives("010 -- ls", "010 ls");

    [Theory]
    [InlineData("alpine -- echo $null x", "alpine echo x")]
    [InlineData("alpine -- $null", "alpine")]
    [InlineData("alpine -- $null $null ls", "alpine ls")]
    [InlineData("alpine -Command $null", "alpine")]
    public void Null_is_dropped(string line, string expected) => Arrives(line, expected);

    [Theory]
    [InlineData("$words = 'ls', '-l', 'a b'; ", "alpine -- @words", "alpine|ls|-l|a b")]
    [InlineData("$words = 'ls', '-l', 'a b'; ", "alpine -- $words", "alpine|ls|-l|a b")]
    [InlineData("$words = 'ls', '-l', 'a b'; ", "alpine -Command $words", "alpine|ls|-l|a b")]
    [InlineData("$words = '-l', 'a b'; ", "alpine -- ls @words", "alpine|ls|-l|a b")]
    [InlineData("", "alpine -Command ls, -l", "alpine|ls|-l")]
    [InlineData("$number = 010; ", "alpine -- sleep $number", "alpine|sleep|10")]
    [InlineData("", "alpine -- echo $true", "alpine|echo|True")]
    [InlineData("", "alpine -- echo (1.5)", "alpine|echo|1.5")]
    public void Variables_and_splatted_arrays_are_their_elements(string before, string line, string expected) =>
        Assert.Equal(expected.Split('|'), _session.Run($"{before}Test-Creation {line}").Lines);

    [Theory]
    [InlineData("alpine -- mount -o ro,noexec", "The array ro,noexec cannot be one argument of a command: quote it ('ro,noexec') to pass the text, or splat it")]
    [InlineData("alpine -- echo (1..3)", "quote it ('1,2,3')")]
    [InlineData("alpine,debian -- ls", "A container has one image, not an array of them.")]
    [InlineData("alpine -- find -exec echo {}", "quote it, as '{}'")]
    [InlineData("alpine -- {ls}", "quote it, as '{ls}'")]
    [InlineData("alpine -- echo @{a=1}", "A hashtable cannot be an argument")]
    [InlineData("alpine -- @{a=1}", "A hashtable cannot be an argument")]
    [InlineData("alpine -- \"a`0b\"", "cannot hold a NUL")]
    public void What_is_no_word_is_refused_with_the_right_spelling(string line, string message)
    {
        var error = Assert.Single(_session.Run($"Test-Creation {line}").Errors);
        Assert.IsAssignableFrom<ParameterBindingException>(error.Exception);
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-it alpine sh", "CommandBeginsWithDash", "'-it' is no command. -it is spelt -Interactive -Tty. Parameters come first")]
    [InlineData("-- -it alpine sh", "ImageBeginsWithDash", "'-it' is no image. -it is spelt -Interactive -Tty")]
    [InlineData("--rm alpine", "ImageBeginsWithDash", "--rm is spelt -Rm.")]
    [InlineData("--read-only alpine", "ImageBeginsWithDash", "--read-only is spelt -ReadOnly.")]
    [InlineData("--workdir=/x alpine", "ImageBeginsWithDash", "is spelt -WorkingDirectory.")]
    [InlineData("-Memry 5 alpine", "CommandBeginsWithDash", "'-Memry' is no command. Test-Creation has no parameter -Memry.")]
    [InlineData("alpine -- -l", "CommandBeginsWithDash", "-l is spelt -Label. Parameters come first, then the image, then -- and the command.")]
    [InlineData("--health-cmd=true alpine", "ImageBeginsWithDash", "is spelt -HealthCommand.")]
    [InlineData("--health-start-period=1s alpine", "ImageBeginsWithDash", "is spelt -HealthStartPeriod.")]
    [InlineData("--no-healthcheck alpine", "ImageBeginsWithDash", "--no-healthcheck is spelt -HealthCommand none.")]
    [InlineData("alpine -- --user=x", "CommandBeginsWithDash", "is spelt -User.")]
    public void A_word_of_dockers_in_the_wrong_place_is_refused_with_the_right_spelling(string line, string id, string message)
    {
        var error = Assert.Single(_session.Run($"Test-Creation {line}").Errors);
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alpine du -h x", "'-h' for -HostName of Test-Creation. Write -- before the command")]
    [InlineData("alpine id -u root", "'-u' for -User")]
    [InlineData("-Name x alpine id -u root", "'-u' for -User")]
    [InlineData("-RootFileSystem / id -u root", "'-u' for -User")]
    [InlineData("alpine free -m 5mb | ForEach-Object { $_ }", "'-m' for -Memory")]
    public void An_option_of_the_command_that_would_be_a_parameter_is_refused(string line, string message)
    {
        var error = Assert.Single(_session.Run($"Test-Creation {line}").Errors);
        Assert.StartsWith("OptionOfTheCommand,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alpine ls -ReadOnly", "alpine ls")]
    [InlineData("-Memo 64mb alpine ls", "alpine ls")]
    [InlineData("alpine -Memo 64mb ls", "alpine ls")]
    [InlineData("-Name x alpine -Hos y ls", "alpine ls")]
    public void Parameters_may_stand_anywhere_under_their_names_and_before_the_command_abbreviated(string line, string expected) => Arrives(line, expected);

    [Fact]
    public void An_image_is_an_object_too() =>
        Assert.Equal(
            ["debian:latest", "ls"],
            _session.Run("$image = [Containers.ContainerImage]@{ Id = 'sha256:1'; Name = 'debian:latest' }; Test-Creation $image -- ls").Lines);

    private void Arrives(string line, string expected) =>
        Assert.Equal(expected.Split(expected.Contains('|', StringComparison.Ordinal) ? '|' : ' '), _session.Run($"Test-Creation {line}").Lines);
}
