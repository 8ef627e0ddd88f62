using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Attacks;

/// <summary>
/// runc CVE-2019-5736 and CVE-2016-9962 by way of a further command: what joins the container is, for a moment, a process of the host among the
/// attacker's. The attack was not seen to succeed without the defence: the window is some 100 us.
/// </summary>
public sealed class JoiningTests : AttackTest
{
    private static readonly ExecOptions Nothing = new() { Command = ["true"] };

    // Looks at every process that is no program of the container's own, as fast as it can, and tells what it could open.
    private const string Watch =
        """
        echo watching
        while ! test -e /tmp/stop; do
          for p in /proc/[0-9]*; do
            for f in $p/exe $p/cwd $p/root $p/fd/*; do
              t=$(readlink $f 2>/dev/null) || continue
              case $t in
                /bin/busybox|/|/dev/null|pipe:*|/proc/*|/tmp*) ;;
                *) echo "seen: $f -> $t" ;;
              esac
            done
          done
        done
        """;

    [Fact]
    public void Nothing_of_the_helper_is_seen_while_it_joins()
    {
        RunResult result = Fixture.Run(Script(Watch) with { CapAdd = ["DAC_READ_SEARCH"] }, during: container =>
        {
            for (int i = 0; i < 100; i++)
            {
                Finish(container, Nothing);
            }

            Stop();
        });
        Assert.Equal("watching\n", result.Good());
    }

    [Theory]
    [InlineData("SYS_PTRACE")]
    [InlineData("ALL")]
    public void A_tracer_sees_what_enters_with_nothing_but_what_the_command_has(string capability)
    {
        // All that the tracer could take over: processes whose program is still the helper (sealed), with their capabilities, namespaces and descriptors.
        const string watch =
            """
            echo watching
            own=$(readlink /proc/self/ns/mnt); caps=$(grep CapPrm /proc/self/status)
            while ! test -e /tmp/stop; do
              for p in /proc/[0-9]*; do
                case $(readlink $p/exe 2>/dev/null) in /memfd:*) ;; *) continue ;; esac
                echo x >>/tmp/met
                n=$(readlink $p/ns/mnt 2>/dev/null) && test "$n" != "$own" && echo "seen: in $n"
                c=$(grep CapPrm $p/status 2>/dev/null) && test "$c" != "$caps" && echo "seen: $c"
                for f in $p/root $p/fd/*; do
                  t=$(readlink $f 2>/dev/null) || continue
                  case $t in /|/dev/null|pipe:*) ;; *) echo "seen: $f -> $t" ;; esac
                done
              done
            done
            """;
        RunResult result = Fixture.Run(Script(watch) with { CapAdd = [capability] }, during: container =>
        {
            for (int i = 0; i < 300 && !(i >= 100 && File.Exists($"{Image}/tmp/met")); i++)
            {
                Finish(container, Nothing);
            }

            Stop();
        });
        Assert.Equal("watching\n", result.Good());
    }

    [Fact]
    public void A_command_that_is_the_runtime_itself_finds_nothing_but_the_helper()
    {
        Fixture.Run(Script("while ! test -e /tmp/stop; do sleep 0.01; done"), during: container =>
        {
            using ForegroundProcess command = Fixture.Engine.Execute(container.Id, new ExecOptions { Command = ["/proc/self/exe"] }, withInput: false);
            RunResult result = EngineFixture.Finish(command);
            Assert.Equal(64, result.ExitCode);
            Assert.Contains("it is run by the engine", result.Error, StringComparison.Ordinal);
            Stop();
        }).Good();
    }

    [Fact]
    public void A_working_directory_that_leads_to_a_descriptor_is_refused()
    {
        Directory.CreateSymbolicLink($"{Image}/work", "/proc/self/fd/7");
        Fixture.Run(Script("while ! test -e /tmp/stop; do sleep 0.01; done"), during: container =>
        {
            foreach (string folder in (string[])["/work", .. Enumerable.Range(0, 40).Select(number => $"/proc/self/fd/{number}")])
            {
                EngineException error = Assert.Throws<EngineException>(() => Fixture.Engine.Execute(container.Id, Nothing with { WorkingDirectory = folder }, withInput: false));
                Assert.Contains("working directory", error.Message, StringComparison.Ordinal);
            }

            Stop();
        }).Good();
    }

    [Fact]
    public void A_procfs_that_the_container_has_covered_is_not_believed()
    {
        // A privileged container may mount over its /proc; what the helper looks up goes through the machine's own.
        Fixture.Run(
            Script("mkdir -p /tmp/p/self/fd; mount -o bind /tmp/p /proc; echo ready >/tmp/ready; while ! test -e /tmp/stop; do sleep 0.01; done") with { Privileged = true },
            during: container =>
            {
                Assert.True(EngineFixture.Patiently(() => File.Exists($"{Image}/tmp/ready")));
                using ForegroundProcess command = Fixture.Engine.Execute(container.Id, new ExecOptions { Command = ["id"], User = "user" }, withInput: false);
                Assert.Equal("uid=1000(user) gid=1000(user) groups=2000(extra)\n", EngineFixture.Finish(command).Good());
                Stop();
            }).Good();
    }

    /// <summary>From outside: a command inside would end with the container that it ends.</summary>
    private void Stop() => File.WriteAllText($"{Image}/tmp/stop", string.Empty);

    private void Finish(ContainerSnapshot container, ExecOptions options)
    {
        using ForegroundProcess command = Fixture.Engine.Execute(container.Id, options, withInput: false);
        EngineFixture.Finish(command).Good();
    }
}
