using System.Diagnostics;
using System.Globalization;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Kills sessions in the middle of a system call: strace(1) sends SIGKILL.</summary>
internal static class SessionKiller
{
    /// <summary>Has a session work, and kills it at the Nth call of a kind.</summary>
    /// <param name="fixture">Whose engine the session works with.</param>
    /// <param name="method">What the session does: a method of <see cref="SessionToKill"/> that waits for a sign.</param>
    /// <param name="subject">What it works with: the root file system of its containers, or an image's name.</param>
    /// <param name="calls">The kind of calls.</param>
    /// <param name="step">N; each thread or process counts for itself.</param>
    /// <param name="withChildren">Whether the calls of its other threads and of its children count too.</param>
    /// <returns>False where there were fewer.</returns>
    public static bool Kill(EngineFixture fixture, string method, string subject, string calls, int step, bool withChildren)
    {
        string shared = fixture.MakeFolder($"shared-{method}-{calls}-{step}");
        using Process session = SessionToKill.Start(method, fixture.ConfigurationPath, subject, shared);
        try
        {
            Assert.True(EngineFixture.Patiently(() => File.Exists($"{shared}/ready") || session.HasExited) && !session.HasExited, "the session did not begin");
            string[] children = withChildren ? ["-f"] : [];
            string inject = string.Create(CultureInfo.InvariantCulture, $"inject={calls}:signal=KILL:when={step}");
            var start = new ProcessStartInfo("strace", [.. children, "-p", File.ReadAllText($"{shared}/ready"), "-e", $"trace={calls}", "-e", inject])
            {
                RedirectStandardError = true,
                UseShellExecute = false,
            };
            using var tracer = Process.Start(start)!;
            string? attached = tracer.StandardError.ReadLine();
            Assert.True(attached?.Contains("attached", StringComparison.Ordinal) is true, attached);
            Task<string> told = tracer.StandardError.ReadToEndAsync();
            File.WriteAllText($"{shared}/go", string.Empty);
            Assert.True(session.WaitForExit(TimeSpan.FromMinutes(1)), $"the session hangs at {calls} {step}");
            Assert.True(tracer.WaitForExit(TimeSpan.FromSeconds(60)), $"strace does not end at {calls} {step}");
            bool isKilled = told.Result.Contains("killed by SIGKILL", StringComparison.Ordinal);
            string failure = $"{shared}/{SessionToKill.FailureName}";
            Assert.True(
                isKilled || session.ExitCode == 0,
                $"the session that is not killed at {calls} {step} ends with {session.ExitCode}: {(File.Exists(failure) ? File.ReadAllText(failure) : "it does not say why")}");
            return isKilled;
        }
        finally
        {
            if (!session.HasExited)
            {
                session.Kill();
                session.WaitForExit();
            }

            Directory.Delete(shared, recursive: true);
        }
    }
}
