using System.Globalization;
using System.Management.Automation;
using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.Arguments;

public sealed class ArgumentTests : IDisposable
{
    private readonly PowerShellSession _session = new(importModule: true, typeof(TestArgumentCommand));

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("512MB", 512L << 20)]
    [InlineData("512m", 512L << 20)]
    [InlineData("512M", 512L << 20)]
    [InlineData("'512MB'", 512L << 20)]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("1.5g", 3L << 29)]
    [InlineData("1.5GB", 3L << 29)]
    [InlineData("1TB", 1L << 40)]
    [InlineData("1e", 1L << 60)]
    [InlineData("7k", 7L << 10)]
    [InlineData("0", 0)]
    [InlineData("100b", 100)]
    [InlineData("'4096'", 4096)]
    [InlineData("(4096.0)", 4096)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("([Containers.ByteSize]::new(5))", 5)]
    public void A_size_is_a_number_of_bytes_or_text_with_a_suffix(string argument, long bytes) =>
        Assert.Equal(new ByteSize(bytes), _session.Run($"Test-Argument -Size {argument}").Single);

    [Theory]
    [InlineData("-1")]
    [InlineData("12x")]
    [InlineData("m")]
    [InlineData("''")]
    [InlineData("1..5g")]
    [InlineData("1.0.0")]
    [InlineData("0.3b")]
    [InlineData("(0.5)")]
    [InlineData("8e")]
    [InlineData("99999999999999999999")]
    [InlineData("'1,5g'")]
    [InlineData("512mm")]
    [InlineData("512bb")]
    [InlineData("512mi")]
    [InlineData("([double]::NaN)")]
    [InlineData("([double]::PositiveInfinity)")]
    public void What_is_no_size_is_refused(string argument) => Refused($"-Size {argument}", "");

    [Fact]
    public void A_refused_size_names_the_good_spelling() => Refused("-Size 12x", "'12x' is no size: write a number of bytes (512MB) or text with a suffix");

    [Theory]
    [InlineData("30s", 30_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("500ms", 500)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("2d", 172_800_000)]
    [InlineData("1d2h3m4s5ms", 93_784_005)]
    [InlineData("10", 10_000)]
    [InlineData("0.25", 250)]
    [InlineData("0", 0)]
    [InlineData("'00:01:30'", 90_000)]
    [InlineData("([TimeSpan]::FromMinutes(2))", 120_000)]
    public void A_duration_is_a_time_span_text_or_seconds(string argument, double milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), _session.Run($"Test-Argument -Duration {argument}").Single);

    [Theory]
    [InlineData("-1")]
    [InlineData("soon")]
    [InlineData("30s1m")]
    [InlineData("''")]
    [InlineData("s")]
    [InlineData("25d")]
    [InlineData("1e30")]
    [InlineData("'-00:00:01'")]
    [InlineData("([TimeSpan]::FromSeconds(-1))")]
    public void What_is_no_duration_is_refused(string argument) => Refused($"-Duration {argument}", "");

    [Fact]
    public void A_refused_duration_names_the_good_spelling() => Refused("-Duration soon", "'soon' is no duration: write '30s', '1m30s'");

    [Theory]
    [InlineData("10m", 600)]
    [InlineData("30", 30)]
    [InlineData("([TimeSpan]::FromHours(1))", 3600)]
    public void A_moment_can_be_how_long_ago(string argument, int seconds)
    {
        var instant = (DateTimeOffset)_session.Run($"Test-Argument -Instant {argument}").Single;
        Assert.InRange((DateTimeOffset.Now - instant).TotalSeconds, seconds, seconds + 60);
    }

    [Fact]
    public void A_moment_can_be_a_date()
    {
        Assert.Equal(
            new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), _session.Run("Test-Argument -Instant '2026-01-31T12:00Z'").Single);
        Assert.Equal(
            new DateTimeOffset(new DateTime(2026, 1, 31, 12, 0, 0, DateTimeKind.Local)),
            _session.Run("Test-Argument -Instant ([datetime]'2026-01-31T12:00')").Single);
        Refused("-Instant yesterdayish", "is no moment");
    }

    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("sigterm", 15)]
    [InlineData("SIGKILL", 9)]
    [InlineData("9", 9)]
    [InlineData("64", 64)]
    [InlineData("RTMIN", 34)]
    [InlineData("RTMIN+3", 37)]
    [InlineData("SIGRTMAX-1", 63)]
    [InlineData("RTMAX", 64)]
    [InlineData("CLD", 17)]
    public void A_signal_is_a_name_or_a_number(string argument, int number) =>
        Assert.Equal(new Signal(number), _session.Run($"Test-Argument -Signal {argument}").Single);

    [Theory]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("-1")]
    [InlineData("SIG")]
    [InlineData("NOSUCH")]
    [InlineData("RTMIN+31")]
    [InlineData("RTMIN+")]
    [InlineData("RTMAX+1")]
    [InlineData("''")]
    public void What_is_no_signal_is_refused(string argument) => Refused($"-Signal {argument}", "");

    [Fact]
    public void Every_signal_reads_back_from_its_name() =>
        Assert.All(Enumerable.Range(1, 31).Concat(Enumerable.Range(34, 31)), number =>
            Assert.Equal(number, Signal.Parse(new Signal(number).Name).Number));

    [Theory]
    [InlineData("0.5", "0.5")]
    [InlineData("2", "2")]
    [InlineData("'1.25'", "1.25")]
    public void Processors_are_a_decimal(string argument, string expected) =>
        Assert.Equal(decimal.Parse(expected, CultureInfo.InvariantCulture), _session.Run($"Test-Argument -Cpus {argument}").Single);

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("'0,5'")]
    [InlineData("all")]
    public void What_is_no_number_of_processors_is_refused(string argument) => Refused($"-Cpus {argument}", "is no number of processors");

    [Theory]
    [InlineData("www-data")]
    [InlineData("1000")]
    [InlineData("1000:1000")]
    [InlineData("0")]
    [InlineData("2147483647")]
    [InlineData("name:group")]
    public void A_user_is_a_name_or_number_with_a_group(string argument) =>
        Assert.Equal(argument, _session.Run($"Test-Argument -User {argument}").Single);

    [Theory]
    [InlineData("''")]
    [InlineData("a:b:c")]
    [InlineData("a:")]
    [InlineData("':a'")]
    [InlineData("2147483648")]
    [InlineData("4294967295")]
    [InlineData("4294967296")]
    [InlineData("18446744073709551616")]
    [InlineData("'-1'")]
    [InlineData("'a b'")]
    [InlineData("\"a`nb\"")]
    [InlineData("a/b")]
    public void What_is_no_user_is_refused(string argument) => Refused($"-User {argument}", "is no user: write a name or a number");

    [Theory]
    [InlineData("/a:/b", "/a:/b")]
    [InlineData("/a:/b:ro", "/a:/b:ro")]
    [InlineData("/a:/b:rw", "/a:/b")]
    [InlineData("/a:/b:z", "/a:/b")]
    [InlineData("'/a:/b:ro,bind,rslave,noexec,nosuid,nodev'", "/a:/b:ro,bind,rslave,noexec,nosuid,nodev")]
    [InlineData("'/a:/b:noexec,exec,shared,rprivate,nosuid,suid,nodev,dev,bind,rbind'", "/a:/b")]
    [InlineData("@{ Source = '/a'; Target = '/c'; Propagation = 'Shared'; NoExec = $true }", "/a:/c:shared,noexec")]
    [InlineData("@{ Source = '/a:b'; Target = '/c'; ReadOnly = $true }", "/a:b:/c:ro")]
    [InlineData("([Containers.ContainerMount]@{ Source = '/a'; Target = '/c' })", "/a:/c")]
    public void A_volume_is_text_a_table_or_an_object(string argument, string expected) =>
        Assert.Equal([expected], _session.Run($"Test-Argument -Volume {argument}").Lines);

    [Fact]
    public void A_volume_can_be_relative_to_the_location() =>
        Assert.Equal(["/usr/lib:/lib2"], _session.Run("$null = $ExecutionContext.SessionState.Path.SetLocation('/usr'); Test-Argument -Volume ./lib:/lib2").Lines);

    [Theory]
    [InlineData("data:/b", "named volumes are not there yet")]
    [InlineData("/a", "is no volume")]
    [InlineData("/a:", "is no volume")]
    [InlineData("/a:b", "no absolute path inside")]
    [InlineData("/a:/b:x", "is no option of the volume")]
    [InlineData("/a:/b:0", "is no option of the volume")]
    [InlineData("'/a:/b:ro,'", "is no option of the volume")]
    [InlineData("/a:/b:ro:x", "is no volume")]
    [InlineData("@{ Source = '/a' }", "is no volume")]
    [InlineData("@{ Source = '/a'; Target = '/b'; Mode = 1 }", "its keys are Source, Target, ReadOnly")]
    public void What_is_no_volume_is_refused(string argument, string message) => Refused($"-Volume {argument}", message);

    [Theory]
    [InlineData("/run", "/run")]
    [InlineData("'/run:size=64m,mode=755,exec'", "/run:size=67108864,mode=755,exec")]
    [InlineData("'/run:mode=1777,noexec'", "/run")]
    [InlineData("'/run:uid=1000,gid=7,ro,nosuid,nodev'", "/run:uid=1000,gid=7,ro")]
    public void An_in_memory_folder_is_a_path_with_options(string argument, string expected) =>
        Assert.Equal([expected], _session.Run($"Test-Argument -Tmpfs {argument}").Lines);

    [Theory]
    [InlineData("run", "is no in-memory folder")]
    [InlineData("/run:size=64m,mode=1777", "'mode=1777' is no in-memory folder: write '/path', or in quotes")]
    [InlineData("'/run:size=0'", "must be above 0")]
    [InlineData("'/run:size=x'", "is no size")]
    [InlineData("'/run:mode=8'", "is no mode")]
    [InlineData("'/run:mode=17777'", "is no mode")]
    [InlineData("'/run:uid=x'", "is no number of a user or group")]
    [InlineData("'/run:suid'", "the options are size=")]
    public void What_is_no_in_memory_folder_is_refused(string argument, string message) => Refused($"-Tmpfs {argument}", message);

    [Theory]
    [InlineData("'type=bind,source=/a,target=/b'", "/a:/b")]
    [InlineData("'type=bind,src=/a,dst=/b,ro,bind-propagation=rslave,bind-nonrecursive=true'", "/a:/b:ro,bind,rslave")]
    [InlineData("@{ type = 'bind'; source = '/a'; target = '/b'; readonly = $true }", "/a:/b:ro")]
    [InlineData("'type=tmpfs,destination=/t,tmpfs-size=1m,tmpfs-mode=700'", "/t:size=1048576,mode=700")]
    [InlineData("([Containers.ContainerTmpfs]@{ Target = '/t' })", "/t")]
    public void A_mount_is_text_a_table_or_an_object(string argument, string expected) =>
        Assert.Equal([expected], _session.Run($"Test-Argument -Mount {argument}").Lines);

    [Theory]
    [InlineData("type=bind,source=/a,target=/b", "is no volume")]
    [InlineData("'source=/a,target=/b'", "has no type")]
    [InlineData("'type=npipe,source=/a,target=/b'", "no type of mount")]
    [InlineData("'type=bind,source=/a,target=/b,tmpfs-size=1'", "'tmpfs-size' is no option")]
    [InlineData("'type=bind,source=/a,target=/b,readonly=x'", "neither true nor false")]
    [InlineData("'type=bind,source=/a,target=/b,bind-propagation=x'", "is no propagation")]
    [InlineData("'type=bind,source=/a'", "is no volume")]
    [InlineData("'type=tmpfs,target=t'", "no absolute path inside")]
    public void What_is_no_mount_is_refused(string argument, string message) => Refused($"-Mount {argument}", message);

    [Theory]
    [InlineData("-Device /dev/fuse", "/dev/fuse:/dev/fuse:rwm")]
    [InlineData("-Device /dev/fuse:r", "/dev/fuse:/dev/fuse:r")]
    [InlineData("-Device /dev/fuse:/dev/x", "/dev/fuse:/dev/x:rwm")]
    [InlineData("-Device /dev/fuse:/dev/x:rw", "/dev/fuse:/dev/x:rw")]
    [InlineData("-Ulimit nofile=1024", "nofile=1024:1024")]
    [InlineData("-Ulimit core=0:-1", "core=0:-1")]
    [InlineData("-AddHost db:10.0.0.5", "db:10.0.0.5")]
    [InlineData("-AddHost 'db=[fd00::5]'", "db:fd00::5")]
    [InlineData("-AddHost db:fd00::5", "db:fd00::5")]
    public void Devices_limits_and_hosts_are_texts(string argument, string expected) => Assert.Equal([expected], _session.Run($"Test-Argument {argument}").Lines);

    [Theory]
    [InlineData("-Device fuse", "is no device")]
    [InlineData("-Device /dev/a:/dev/b:x", "is no device")]
    [InlineData("-Device /dev/a:", "is no device")]
    [InlineData("-Ulimit nofile", "is no limit of processes: write")]
    [InlineData("-Ulimit nofile=1:2:3", "is no limit of processes: write")]
    [InlineData("-Ulimit nofile=-2", "is no limit of processes: write")]
    [InlineData("-Ulimit files=1", "the names are as, core")]
    [InlineData("-AddHost db", "is no line of /etc/hosts")]
    [InlineData("-AddHost db:", "is no line of /etc/hosts")]
    [InlineData("-Sysctl net.ipv4.ip_forward", "has no value")]
    public void What_is_no_device_limit_host_or_parameter_is_refused(string argument, string message) => Refused(argument, message);

    [Fact]
    public void Variables_are_texts_tables_and_names_of_the_session()
    {
        var result = _session.Run(
            "$env:CONTAINERS_TEST_VARIABLE = 'from the session'; Test-Argument -Env 'A=1=2', @{ B = 8080; C = $null }, CONTAINERS_TEST_VARIABLE, 'D=', 'A=3'");

        var variables = Assert.IsType<Dictionary<string, string>>(result.Single);
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["A"] = "3", ["B"] = "8080", ["C"] = "", ["CONTAINERS_TEST_VARIABLE"] = "from the session", ["D"] = "",
            },
            variables);
    }

    [Theory]
    [InlineData("-Env CONTAINERS_NO_SUCH_VARIABLE", "is not set in this session")]
    [InlineData("-Env '=x'", "is no variable: write KEY=VALUE")]
    [InlineData("-Env ''", "is no variable: write KEY=VALUE")]
    [InlineData("-Env @{ 'A=B' = 1 }", "is no variable")]
    [InlineData("-Env \"A=`0\"", "NUL")]
    public void What_is_no_variable_is_refused(string arguments, string message) => Refused(arguments, message);

    [Fact]
    public void A_label_without_a_value_is_empty() =>
        Assert.Equal(
            new Dictionary<string, string> { ["a"] = "", ["b"] = "2" },
            Assert.IsType<Dictionary<string, string>>(_session.Run("Test-Argument -Label a, b=2").Single));

    [Fact]
    public void Capabilities_are_names_with_or_without_their_prefix()
    {
        Assert.Equal(
            ["CAP_NET_ADMIN", "CAP_SYS_TIME", "ALL"], _session.Run("Test-Argument -Capability net_admin, CAP_SYS_TIME, all").Lines);
        Refused("-Capability NET_ADMINISTRATOR", "is no capability: write a name of capabilities(7)");
    }

    [Fact]
    public void The_capabilities_are_those_of_the_kernel()
    {
        var last = int.Parse(File.ReadAllText("/proc/sys/kernel/cap_last_cap"), CultureInfo.InvariantCulture);
        Assert.Equal(last + 1, Containers.Arguments.CapabilityArgumentAttribute.Names.Length);
    }

    [Theory]
    [InlineData("no-new-privileges=false", "no-new-privileges=false")]
    [InlineData("no-new-privileges", "no-new-privileges=true")]
    [InlineData("no-new-privileges:true", "no-new-privileges=true")]
    [InlineData("seccomp=unconfined", "seccomp=unconfined")]
    [InlineData("seccomp=profile.json", "seccomp=/usr/profile.json")]
    [InlineData("seccomp=/etc/profile.json", "seccomp=/etc/profile.json")]
    [InlineData("systempaths=unconfined", "systempaths=unconfined")]
    public void Security_options_are_dockers(string argument, string expected) =>
        Assert.Equal([expected], _session.Run("$null = $ExecutionContext.SessionState.Path.SetLocation('/usr'); Test-Argument -SecurityOpt '" + argument + "'").Lines);

    [Theory]
    [InlineData("no-new-privileges=maybe")]
    [InlineData("seccomp=")]
    [InlineData("seccomp")]
    [InlineData("systempaths=masked")]
    [InlineData("apparmor=unconfined")]
    [InlineData("")]
    public void What_is_no_security_option_is_refused(string argument) => Refused($"-SecurityOpt '{argument}'", "is no security option: write");

    [Fact]
    public void A_network_that_is_not_there_yet_is_refused_with_those_that_are()
    {
        Assert.Equal("Host", _session.Run("Test-Argument -Network host").Single);
        Assert.Equal("container:web", _session.Run("Test-Argument -Network Container:web").Single);
        Assert.Equal("ns:/run/netns/x", _session.Run("Test-Argument -Network ns:/run/netns/x").Single);
        Refused("-Network bridge", "None (only loopback), Host");
    }

    [Fact]
    public void A_container_is_a_name_an_id_or_an_object_by_value_or_by_property()
    {
        const string Object = "[Containers.Container]@{ Id = 'abc'; Name = 'web' }";
        Assert.Equal(["web", "db"], _session.Run("Test-Argument -Name web, db").Lines);
        Assert.Equal(["010"], _session.Run("Test-Argument -Name 010").Lines);
        Assert.Equal(["abc"], _session.Run($"Test-Argument -Id ({Object})").Lines);
        Assert.Equal(["abc"], _session.Run($"{Object} | Test-Argument").Lines);
        Assert.Equal(["web", "db"], _session.Run("'web', 'db' | Test-Argument").Lines);
        Assert.Equal(["abc"], _session.Run("[pscustomobject]@{ Id = 'abc'; Other = 1 } | Test-Argument").Lines);
        Assert.Equal(["web"], _session.Run("[pscustomobject]@{ Name = 'web' } | Test-Argument").Lines);
    }

    private void Refused(string arguments, string message)
    {
        var error = Assert.Single(_session.Run($"Test-Argument {arguments}").Errors);
        Assert.IsAssignableFrom<ParameterBindingException>(error.Exception);
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
    }
}
